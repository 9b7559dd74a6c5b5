package main

import "os"

const stripeKey = "⟦stripe-secret-key|sk_live_{b62:24}⟧"

var (
	password   = os.Getenv("DB_PASSWORD")
	tokenType  = "Bearer"
	privateKey = mustRead("/etc/shop/private.key")
	dsn        = "postgres://shop:⟦database-url-password|{pass}⟧@db.internal:5432/shop?sslmode=require"
	example    = "postgres://user:password@localhost/db"
)
