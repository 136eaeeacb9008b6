/** Buy a book with the TypeScript client of openapi-generator, from the shop at BOOKSTORE_URL. */

import {
  AccountsApi,
  CartApi,
  CatalogueApi,
  Configuration,
  FieldLocation,
  OrdersApi,
  OrderState,
  PaymentsApi,
  PaymentStatus,
  ProblemFromJSON,
  ProblemType,
  RefundStatus,
  ResponseError,
  type BookUpdate,
  type Problem,
} from "./generated";

const basePath = process.env.BOOKSTORE_URL ?? "http://127.0.0.1:8000";
const customer = await logIn("customer@bookstore.example");
const staff = await logIn("staff@bookstore.example");
const catalogue = new CatalogueApi(staff);
const orders = new OrdersApi(customer);

const found = (await catalogue.listBooks({ q: "hobbit", limit: 1 })).items[0];
if (!found) throw new Error("no book is found");
const bookId = found.id;

const cart = await new CartApi(customer).putCartItem({ bookId, cartItemUpdate: { quantity: 1 } });
check(cart.total.amount === found.price.amount, "the cart has the price of the book");

const placement = {
  idempotencyKey: crypto.randomUUID(),
  orderPlacement: {
    shippingAddress: {
      name: "Ada Lovelace",
      line1: "12 St James's Square",
      postalCode: "SW1Y 4JH",
      city: "London",
      country: "GB",
    },
  },
};
const order = await orders.placeOrder(placement);
const again = await orders.placeOrderRaw(placement);
check(again.raw.headers.get("Idempotency-Replayed") === "true", "the second response is a replay");
check((await again.value()).id === order.id, "the replay is the same order");

const payment = await new PaymentsApi(customer).createPayment({
  orderId: order.id,
  idempotencyKey: crypto.randomUUID(),
  paymentCreation: { paymentMethod: "pm_card_visa" },
});
check(payment.status === PaymentStatus.Captured, "the payment is captured");
const paid = await orders.getOrder({ orderId: order.id });
check(paid.state === OrderState.Paid, "the order is paid");

const read = await catalogue.getBookRaw({ bookId });
const book = await read.value();
const etag = read.raw.headers.get("ETag") ?? "";
const price = { ...book.price, amount: book.price.amount + 1 };
const changed = await patch({ price }, etag);
check(changed.price.amount === price.amount, "the new price is stored");
check(changed.authors.length === book.authors.length, "the patch changes only the price");

const stale = await problemOf(patch({ price }, etag));
check(stale.type === ProblemType.PRECONDITION_FAILED, "a stale ETag is rejected");

const refund = await new PaymentsApi(staff).createRefund({
  orderId: order.id,
  idempotencyKey: crypto.randomUUID(),
  refundCreation: { amount: order.total, reason: "The parcel was lost." },
});
check(refund.status === RefundStatus.Succeeded, "the refund succeeds");

const invalid = await problemOf(patch({ isbn: "9780261102218" }, "*"));
check(invalid.type === ProblemType.VALIDATION_FAILED, "a wrong check digit is rejected");
const [error] = invalid.errors ?? [];
check(error?.location === FieldLocation.Body, "the invalid field is in the body");
check(error?.pointer === "/isbn", "the pointer leads to the invalid field");

/** Return a configuration that sends the user's access token. */
async function logIn(email: string): Promise<Configuration> {
  const accounts = new AccountsApi(new Configuration({ basePath }));
  const tokens = await accounts.login({ credentials: { email, password: "bookstore-demo" } });
  return new Configuration({ basePath, accessToken: tokens.accessToken });
}

function patch(bookUpdate: BookUpdate, ifMatch: string) {
  return catalogue.updateBook({ bookId, ifMatch, bookUpdate });
}

async function problemOf(answer: Promise<unknown>): Promise<Problem> {
  try {
    await answer;
  } catch (error) {
    if (error instanceof ResponseError) return ProblemFromJSON(await error.response.json());
    throw error;
  }
  throw new Error("the request should be rejected");
}

function check(fact: boolean, text: string): void {
  if (!fact) throw new Error(`not true: ${text}`);
}
