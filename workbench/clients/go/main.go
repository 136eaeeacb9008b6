// Buy a book with the Go client of openapi-generator, from the shop at BOOKSTORE_URL.
package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"os"
	"reflect"

	bookstore "example.com/buy/generated"
)

var shop *bookstore.APIClient

func main() {
	configuration := bookstore.NewConfiguration()
	configuration.Servers = bookstore.ServerConfigurations{{URL: os.Getenv("BOOKSTORE_URL")}}
	shop = bookstore.NewAPIClient(configuration)
	if err := buy(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func buy() error {
	customer, err := logIn("customer@bookstore.example")
	if err != nil {
		return err
	}
	staff, err := logIn("staff@bookstore.example")
	if err != nil {
		return err
	}

	page, _, err := shop.CatalogueAPI.ListBooks(customer).Q("hobbit").Limit(1).Execute()
	if err != nil {
		return err
	}
	found := page.Items[0]

	one := *bookstore.NewCartItemUpdate(1)
	cart, _, err := shop.CartAPI.PutCartItem(customer, found.Id).CartItemUpdate(one).Execute()
	if err != nil {
		return err
	}
	if cart.Total.Amount != found.Price.Amount {
		return errors.New("the cart does not have the price of the book")
	}

	address := bookstore.NewAddressInput(
		"Ada Lovelace", "12 St James's Square", "SW1Y 4JH", "London", "GB")
	place := shop.OrdersAPI.PlaceOrder(customer).
		IdempotencyKey(rand.Text()).
		OrderPlacement(*bookstore.NewOrderPlacement(*address))
	order, _, err := place.Execute()
	if err != nil {
		return err
	}
	again, response, err := place.Execute()
	if err != nil {
		return err
	}
	if response.Header.Get("Idempotency-Replayed") != "true" || again.Id != order.Id {
		return errors.New("the second response is not a replay")
	}

	payment, _, err := shop.PaymentsAPI.CreatePayment(customer, order.Id).
		IdempotencyKey(rand.Text()).
		PaymentCreation(*bookstore.NewPaymentCreation("pm_card_visa")).
		Execute()
	if err != nil {
		return err
	}
	if payment.Status != bookstore.PAYMENTSTATUS_CAPTURED {
		return fmt.Errorf("the payment is %s", payment.Status)
	}
	paid, _, err := shop.OrdersAPI.GetOrder(customer, order.Id).Execute()
	if err != nil {
		return err
	}
	if paid.State != bookstore.ORDERSTATE_PAID {
		return fmt.Errorf("the order is %s", paid.State)
	}

	book, response, err := shop.CatalogueAPI.GetBook(staff, found.Id).Execute()
	if err != nil {
		return err
	}
	etag := response.Header.Get("ETag")
	price := bookstore.NewPrice(int32(book.Price.Amount)+1, book.Price.Currency)
	dearer := bookstore.BookUpdate{Price: price}
	changed, _, err := patch(staff, book.Id, etag, dearer)
	if err != nil {
		return err
	}
	if changed.Price.Amount != book.Price.Amount+1 {
		return errors.New("the new price is not stored")
	}
	if !reflect.DeepEqual(changed.Authors, book.Authors) {
		return errors.New("the patch changes more than the price")
	}

	_, _, err = patch(staff, book.Id, etag, dearer)
	problem := problemOf(err)
	if problem == nil || problem.Type != bookstore.PROBLEMTYPE_PRECONDITION_FAILED {
		return fmt.Errorf("a stale ETag is not rejected: %w", err)
	}

	amount := *bookstore.NewRefundAmount(order.Total.Amount, order.Total.Currency)
	creation := bookstore.NewRefundCreation(amount)
	creation.SetReason("The parcel was lost.")
	refund, _, err := shop.PaymentsAPI.CreateRefund(staff, order.Id).
		IdempotencyKey(rand.Text()).
		RefundCreation(*creation).
		Execute()
	if err != nil {
		return err
	}
	if refund.Status != bookstore.REFUNDSTATUS_SUCCEEDED {
		return fmt.Errorf("the refund is %s", refund.Status)
	}

	badCheckDigit := bookstore.BookUpdate{Isbn: bookstore.PtrString("9780261102218")}
	_, _, err = patch(staff, book.Id, "*", badCheckDigit)
	problem = problemOf(err)
	if problem == nil || problem.Type != bookstore.PROBLEMTYPE_VALIDATION_FAILED {
		return fmt.Errorf("a wrong check digit is not rejected: %w", err)
	}
	if len(problem.Errors) != 1 {
		return fmt.Errorf("the shop reports %d errors", len(problem.Errors))
	}
	invalid := problem.Errors[0]
	if invalid.Location != bookstore.FIELDLOCATION_BODY || invalid.GetPointer() != "/isbn" {
		return fmt.Errorf("the error is in another field: %s", invalid.GetPointer())
	}
	return nil
}

// logIn returns a context whose requests send the user's access token.
func logIn(email string) (context.Context, error) {
	credentials := *bookstore.NewCredentials(email, "bookstore-demo")
	tokens, _, err := shop.AccountsAPI.Login(context.Background()).Credentials(credentials).Execute()
	if err != nil {
		return nil, err
	}
	token := tokens.AccessToken
	return context.WithValue(context.Background(), bookstore.ContextAccessToken, token), nil
}

func patch(
	ctx context.Context, id, etag string, update bookstore.BookUpdate,
) (*bookstore.Book, *http.Response, error) {
	return shop.CatalogueAPI.UpdateBook(ctx, id).IfMatch(etag).BookUpdate(update).Execute()
}

// problemOf returns the problem with which the shop rejected a request, or nil.
func problemOf(err error) *bookstore.Problem {
	var rejection *bookstore.GenericOpenAPIError
	if errors.As(err, &rejection) {
		if problem, ok := rejection.Model().(bookstore.Problem); ok {
			return &problem
		}
	}
	return nil
}
