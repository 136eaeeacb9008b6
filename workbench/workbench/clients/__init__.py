"""`make clients`: generate clients of the contract, compile them, and buy a book with each."""
