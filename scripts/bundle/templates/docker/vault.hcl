# Vault speaks plain HTTP here, within the network of compose only. Across machines give the listener a certificate.
storage "file" {
  path = "/vault/file"
}
listener "tcp" {
  address     = "0.0.0.0:8200"
  tls_disable = true
}
