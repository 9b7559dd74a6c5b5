variable "db_password" {
  type      = string
  sensitive = true
}

resource "aws_db_instance" "shop" {
  username            = "shop"
  password            = var.db_password
  skip_final_snapshot = true
}

resource "azuread_application_password" "shop" {
  display_name = "shop"
}

provider "datadog" {
  app_key = "⟦generic-api-key|{hex:40}⟧"
}
