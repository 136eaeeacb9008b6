"""The bookstore's contract, fulfilled with Django and Django REST framework."""
