/** Buy a book with openapi-fetch, typed by openapi-typescript, from the shop at BOOKSTORE_URL. */

import createClient, { type Client } from "openapi-fetch";
import type { components, paths } from "./generated/schema";

type Schemas = components["schemas"];

const url = process.env.BOOKSTORE_URL ?? "http://127.0.0.1:8000";
const customer = await logIn("customer@bookstore.example");
const staff = await logIn("staff@bookstore.example");

const found = data(await customer.GET("/books", { params: { query: { q: "hobbit", limit: 1 } } }))
  .items[0];
if (!found) throw new Error("no book is found");

const cart = data(
  await customer.PUT("/cart/items/{book_id}", {
    params: { path: { book_id: found.id } },
    body: { quantity: 1 },
  }),
);
check(cart.total.amount === found.price.amount, "the cart has the price of the book");

const placement = {
  params: { header: { "Idempotency-Key": crypto.randomUUID() } },
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
const order = data(await customer.POST("/orders", placement));
const again = await customer.POST("/orders", placement);
check(
  again.response.headers.get("Idempotency-Replayed") === "true",
  "the second response is a replay",
);
check(data(again).id === order.id, "the replay is the same order");

const orderPath = { order_id: order.id };
const payment = data(
  await customer.POST("/orders/{order_id}/payments", {
    params: { path: orderPath, header: { "Idempotency-Key": crypto.randomUUID() } },
    body: { payment_method: "pm_card_visa" },
  }),
);
check(payment.status === "captured", "the payment is captured");
const paid = data(await customer.GET("/orders/{order_id}", { params: { path: orderPath } }));
check(paid.state === "paid", "the order is paid");

const read = await staff.GET("/books/{book_id}", { params: { path: { book_id: found.id } } });
const book = data(read);
const etag = read.response.headers.get("ETag") ?? "";
const price = { ...book.price, amount: book.price.amount + 1 };
const changed = data(await patch({ price }, etag));
check(changed.price.amount === price.amount, "the new price is stored");
check(changed.authors.length === book.authors.length, "the patch changes only the price");

const stale = problem(await patch({ price }, etag));
check(
  stale.type === "https://bookstore.example/problems/precondition-failed",
  "a stale ETag is rejected",
);

const refund = data(
  await staff.POST("/orders/{order_id}/refunds", {
    params: { path: orderPath, header: { "Idempotency-Key": crypto.randomUUID() } },
    body: { amount: order.total, reason: "The parcel was lost." },
  }),
);
check(refund.status === "succeeded", "the refund succeeds");

const invalid = problem(await patch({ isbn: "9780261102218" }, "*"));
check(
  invalid.type === "https://bookstore.example/problems/validation-failed",
  "a wrong check digit is rejected",
);
const [error] = invalid.errors ?? [];
check(
  error?.location === "body" && error.pointer === "/isbn",
  "the pointer leads to the invalid field",
);

/** Return a client that sends the user's access token. */
async function logIn(email: string): Promise<Client<paths>> {
  const body = { email, password: "bookstore-demo" };
  const tokens = data(await createClient<paths>({ baseUrl: url }).POST("/auth/login", { body }));
  return createClient<paths>({
    baseUrl: url,
    headers: { Authorization: `Bearer ${tokens.access_token}` },
  });
}

function patch(body: Schemas["BookUpdate"], etag: string) {
  return staff.PATCH("/books/{book_id}", {
    params: { path: { book_id: found!.id }, header: { "If-Match": etag } },
    headers: { "Content-Type": "application/merge-patch+json" },
    body,
  });
}

function data<T>(answer: { data?: T; error?: Schemas["Problem"] }): T {
  if (answer.data === undefined) throw new Error(answer.error?.detail ?? "no answer");
  return answer.data;
}

function problem(answer: { error?: Schemas["Problem"] }): Schemas["Problem"] {
  if (!answer.error) throw new Error("the request should be rejected");
  return answer.error;
}

function check(fact: boolean, text: string): void {
  if (!fact) throw new Error(`not true: ${text}`);
}
