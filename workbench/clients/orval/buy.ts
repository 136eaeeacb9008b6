/** Buy a book with the client of orval, from the shop at BOOKSTORE_URL. */

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
} from "./generated/bookstore";

const customer = await logIn("customer@bookstore.example");
const staff = await logIn("staff@bookstore.example");

const found = data(await listBooks({ q: "hobbit", limit: 1 })).items[0];
if (!found) throw new Error("no book is found");

const cart = data(await putCartItem(found.id, { quantity: 1 }, {}, customer));
check(cart.total.amount === found.price.amount, "the cart has the price of the book");

const address = {
  name: "Ada Lovelace",
  line1: "12 St James's Square",
  postal_code: "SW1Y 4JH",
  city: "London",
  country: "GB",
};
const key = newKey();
const order = data(await placeOrder({ shipping_address: address }, key, customer));
const again = await placeOrder({ shipping_address: address }, key, customer);
check(again.headers.get("Idempotency-Replayed") === "true", "the second response is a replay");
check(data(again).id === order.id, "the replay is the same order");

const payment = data(
  await createPayment(order.id, { payment_method: "pm_card_visa" }, newKey(), customer),
);
check(payment.status === PaymentStatus.captured, "the payment is captured");
const paid = data(await getOrder(order.id, {}, customer));
check(paid.state === OrderState.paid, "the order is paid");

const read = await getBook(found.id);
const book = data(read);
const etag = read.headers.get("ETag") ?? "";
const price = { ...book.price, amount: book.price.amount + 1 };
const changed = data(await patch({ price }, etag));
check(changed.price.amount === price.amount, "the new price is stored");
check(changed.authors.length === book.authors.length, "the patch changes only the price");

const stale = problem(await patch({ price }, etag));
check(stale.type === ProblemType.PRECONDITION_FAILED, "a stale ETag is rejected");

const refund = data(
  await createRefund(
    order.id,
    { amount: order.total, reason: "The parcel was lost." },
    newKey(),
    staff,
  ),
);
check(refund.status === RefundStatus.succeeded, "the refund succeeds");

const invalid = problem(await patch({ isbn: "9780261102218" }, "*"));
check(invalid.type === ProblemType.VALIDATION_FAILED, "a wrong check digit is rejected");
const [error] = invalid.errors ?? [];
check(error?.location === FieldLocation.body, "the invalid field is in the body");
check(error?.pointer === "/isbn", "the pointer leads to the invalid field");

/** Return the options of a request that sends the user's access token. */
async function logIn(email: string): Promise<RequestInit> {
  const tokens = data(await login({ email, password: "bookstore-demo" }));
  return { headers: { Authorization: `Bearer ${tokens.access_token}` } };
}

function newKey() {
  return { "Idempotency-Key": crypto.randomUUID() };
}

function patch(body: BookUpdate, etag: string) {
  return updateBook(found!.id, body, { "If-Match": etag }, staff);
}

type Answer = { status: number; data: unknown };
type Data<A extends Answer> = Extract<A, { status: 200 | 201 | 202 }>["data"];

function data<A extends Answer>(answer: A): Data<A> {
  if (answer.status >= 300) throw new Error(JSON.stringify(answer.data));
  return answer.data as Data<A>;
}

function problem(answer: Awaited<ReturnType<typeof patch>>): Problem {
  if (answer.status === 200) throw new Error("the request should be rejected");
  return answer.data;
}

function check(fact: boolean, text: string): void {
  if (!fact) throw new Error(`not true: ${text}`);
}
