output "check_client_id" {
  description = "The variable AZURE_READER_CLIENT_ID of the repository, or AZURE_CLIENT_ID where nothing is switched."
  value       = azurerm_user_assigned_identity.istio_cni["check"].client_id
}

output "apply_client_id" {
  description = "The variable AZURE_CLIENT_ID of the repository; null for check only."
  value       = try(azurerm_user_assigned_identity.istio_cni["apply"].client_id, null)
}

output "tenant_id" {
  description = "The variable AZURE_TENANT_ID of the repository."
  value       = azurerm_user_assigned_identity.istio_cni["check"].tenant_id
}
