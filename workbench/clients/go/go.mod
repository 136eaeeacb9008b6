module example.com/buy

go 1.24
