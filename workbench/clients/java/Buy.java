import com.fasterxml.jackson.core.JsonProcessingException;
import java.util.UUID;
import org.openapitools.client.ApiClient;
import org.openapitools.client.ApiException;
import org.openapitools.client.api.AccountsApi;
import org.openapitools.client.api.CartApi;
import org.openapitools.client.api.CatalogueApi;
import org.openapitools.client.api.OrdersApi;
import org.openapitools.client.api.PaymentsApi;
import org.openapitools.client.model.AddressInput;
import org.openapitools.client.model.BookUpdate;
import org.openapitools.client.model.CartItemUpdate;
import org.openapitools.client.model.Credentials;
import org.openapitools.client.model.FieldLocation;
import org.openapitools.client.model.OrderPlacement;
import org.openapitools.client.model.OrderState;
import org.openapitools.client.model.PaymentCreation;
import org.openapitools.client.model.PaymentStatus;
import org.openapitools.client.model.Price;
import org.openapitools.client.model.Problem;
import org.openapitools.client.model.ProblemType;
import org.openapitools.client.model.RefundAmount;
import org.openapitools.client.model.RefundCreation;
import org.openapitools.client.model.RefundStatus;

/** Buy a book with the Java client of openapi-generator, from the shop at BOOKSTORE_URL. */
class Buy {
  public static void main(String[] arguments) throws Exception {
    var url = System.getenv("BOOKSTORE_URL");
    var customer = logIn(url, "customer@bookstore.example");
    var staff = logIn(url, "staff@bookstore.example");
    var catalogue = new CatalogueApi(staff);
    var orders = new OrdersApi(customer);

    var page =
        catalogue.listBooks(
            "hobbit", null, null, null, null, null, null, null, null, null, 1, null);
    var found = page.getItems().get(0);

    var cart =
        new CartApi(customer).putCartItem(found.getId(), new CartItemUpdate().quantity(1), null);
    check(
        cart.getTotal().getAmount().longValue() == found.getPrice().getAmount(),
        "the cart has the price of the book");

    var address =
        new AddressInput()
            .name("Ada Lovelace")
            .line1("12 St James's Square")
            .postalCode("SW1Y 4JH")
            .city("London")
            .country("GB");
    var placement = new OrderPlacement().shippingAddress(address);
    var key = newKey();
    var order = orders.placeOrder(key, placement);
    var again = orders.placeOrderWithHttpInfo(key, placement);
    check(
        again.getHeaders().containsKey("idempotency-replayed"), "the second response is a replay");
    check(again.getData().getId().equals(order.getId()), "the replay is the same order");

    var card = new PaymentCreation().paymentMethod("pm_card_visa");
    var payment = new PaymentsApi(customer).createPayment(order.getId(), newKey(), card);
    check(payment.getStatus() == PaymentStatus.CAPTURED, "the payment is captured");
    var paid = orders.getOrder(order.getId(), null);
    check(paid.getState() == OrderState.PAID, "the order is paid");

    var read = catalogue.getBookWithHttpInfo(found.getId(), null);
    var book = read.getData();
    var etag = read.getHeaders().get("etag").get(0);
    var price =
        new Price()
            .amount((int) (book.getPrice().getAmount() + 1))
            .currency(book.getPrice().getCurrency());
    var dearer = new BookUpdate().price(price);
    var changed = catalogue.updateBook(book.getId(), etag, dearer);
    check(
        changed.getPrice().getAmount() == book.getPrice().getAmount() + 1,
        "the new price is stored");
    check(changed.getAuthors().equals(book.getAuthors()), "the patch changes only the price");

    var stale = problemOf(() -> catalogue.updateBook(book.getId(), etag, dearer));
    check(stale.getType() == ProblemType.PRECONDITION_FAILED, "a stale ETag is rejected");

    var amount =
        new RefundAmount()
            .amount(order.getTotal().getAmount())
            .currency(order.getTotal().getCurrency());
    var creation = new RefundCreation().amount(amount).reason("The parcel was lost.");
    var refund = new PaymentsApi(staff).createRefund(order.getId(), newKey(), creation);
    check(refund.getStatus() == RefundStatus.SUCCEEDED, "the refund succeeds");

    var badCheckDigit = new BookUpdate().isbn("9780261102218");
    var invalid = problemOf(() -> catalogue.updateBook(book.getId(), "*", badCheckDigit));
    check(invalid.getType() == ProblemType.VALIDATION_FAILED, "a wrong check digit is rejected");
    var error = invalid.getErrors().get(0);
    check(error.getLocation() == FieldLocation.BODY, "the invalid field is in the body");
    check(error.getPointer().equals("/isbn"), "the pointer leads to the invalid field");
  }

  /** Return a client that sends the user's access token. */
  static ApiClient logIn(String url, String email) throws ApiException {
    var credentials = new Credentials().email(email).password("bookstore-demo");
    var tokens = new AccountsApi(clientOf(url)).login(credentials);
    var authorization = "Bearer " + tokens.getAccessToken();
    return clientOf(url)
        .setRequestInterceptor(request -> request.setHeader("Authorization", authorization));
  }

  static ApiClient clientOf(String url) {
    var client = new ApiClient();
    client.updateBaseUri(url);
    return client;
  }

  static String newKey() {
    return UUID.randomUUID().toString();
  }

  interface Call {
    Object send() throws ApiException;
  }

  static Problem problemOf(Call call) throws JsonProcessingException {
    try {
      call.send();
    } catch (ApiException rejection) {
      return ApiClient.createDefaultObjectMapper()
          .readValue(rejection.getResponseBody(), Problem.class);
    }
    throw new AssertionError("the request should be rejected");
  }

  static void check(boolean fact, String text) {
    if (!fact) {
      throw new AssertionError("not true: " + text);
    }
  }
}
