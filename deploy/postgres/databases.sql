-- Runs at the first start: one role, which owns the shops' databases and has no other rights.
\set password `cat /run/secrets/bookstore`
CREATE ROLE bookstore LOGIN PASSWORD :'password';
CREATE DATABASE "all" OWNER bookstore;
CREATE DATABASE flask OWNER bookstore;
CREATE DATABASE fastapi OWNER bookstore;
CREATE DATABASE django OWNER bookstore;
