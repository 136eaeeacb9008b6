/** Buy a book with the client of @hey-api/openapi-ts, from the shop at BOOKSTORE_URL. */

import { createClient, type Client } from "./generated/client";
import {
  createPayment,
  createRefund,
  FieldLocation,
  getBook,
  getOrder,
  listBooks,
  login,
  OrderState,
  PaymentStatus,
  placeOrder,
  ProblemType,
  putCartItem,
  RefundStatus,
  updateBook,
  type BookUpdate,
  type Problem,
} from "./generated";

const url = process.env.BOOKSTORE_URL ?? "http://127.0.0.1:8000";
const customer = await logIn("customer@bookstore.example");
const staff = await logIn("staff@bookstore.example");

const found = data(await listBooks({ client: customer, query: { q: "hobbit", limit: 1 } }))
  .items[0];
if (!found) throw new Error("no book is found");

const cart = data(
  await putCartItem({ client: customer, path: { book_id: found.id }, body: { quantity: 1 } }),
);
check(cart.total.amount === found.price.amount, "the cart has the price of the book");

const placement = {
  client: customer,
  headers: { "Idempotency-Key": crypto.randomUUID() },
  body: {
    shipping_address: {
      name: "Ada Lovelace",
      line1: "12 St James's Square",
      postal_code: "SW1Y 4JH",
      city: "London",
      country: "GB",
    },
  },
};
const order = data(await placeOrder(placement));
const again = await placeOrder(placement);
check(
  again.response?.headers.get("Idempotency-Replayed") === "true",
  "the second response is a replay",
);
check(data(again).id === order.id, "the replay is the same order");

const payment = data(
  await createPayment({
    client: customer,
    path: { order_id: order.id },
    headers: { "Idempotency-Key": crypto.randomUUID() },
    body: { payment_method: "pm_card_visa" },
  }),
);
check(payment.status === PaymentStatus.CAPTURED, "the payment is captured");
const paid = data(await getOrder({ client: customer, path: { order_id: order.id } }));
check(paid.state === OrderState.PAID, "the order is paid");

const read = await getBook({ client: staff, path: { book_id: found.id } });
const book = data(read);
const etag = read.response?.headers.get("ETag") ?? "";
const price = { ...book.price, amount: book.price.amount + 1 };
const changed = data(await patch({ price }, etag));
check(changed.price.amount === price.amount, "the new price is stored");
check(changed.authors.length === book.authors.length, "the patch changes only the price");

const stale = problem(await patch({ price }, etag));
check(stale.type === ProblemType.PRECONDITION_FAILED, "a stale ETag is rejected");

const refund = data(
  await createRefund({
    client: staff,
    path: { order_id: order.id },
    headers: { "Idempotency-Key": crypto.randomUUID() },
    body: { amount: order.total, reason: "The parcel was lost." },
  }),
);
check(refund.status === RefundStatus.SUCCEEDED, "the refund succeeds");

const invalid = problem(await patch({ isbn: "9780261102218" }, "*"));
check(invalid.type === ProblemType.VALIDATION_FAILED, "a wrong check digit is rejected");
const [error] = invalid.errors ?? [];
check(error?.location === FieldLocation.BODY, "the invalid field is in the body");
check(error?.pointer === "/isbn", "the pointer leads to the invalid field");

/** Return a client that sends the user's access token. */
async function logIn(email: string): Promise<Client> {
  const body = { email, password: "bookstore-demo" };
  const tokens = data(await login({ client: createClient({ baseUrl: url }), body }));
  return createClient({ baseUrl: url, auth: tokens.access_token });
}

function patch(body: BookUpdate, etag: string) {
  return updateBook({
    client: staff,
    path: { book_id: found!.id },
    headers: { "If-Match": etag },
    body,
  });
}

function data<T>(answer: { data?: T; error?: Problem | undefined }): T {
  if (answer.data === undefined) throw new Error(answer.error?.detail ?? "no answer");
  return answer.data;
}

function problem(answer: { error?: Problem | undefined }): Problem {
  if (!answer.error) throw new Error("the request should be rejected");
  return answer.error;
}

function check(fact: boolean, text: string): void {
  if (!fact) throw new Error(`not true: ${text}`);
}
