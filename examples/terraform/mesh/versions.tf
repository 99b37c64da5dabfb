# Two clusters with the mesh and CNI chaining, to copy from. Terraform sees what Azure answers, not what is in the cluster: run mode
# apply after each terraform apply, as examples/deploy-with-terraform.yml does. It proves the switch, and repairs it where it was undone.

terraform {
  required_version = ">= 1.9"

  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "~> 5.0"
    }
    azapi = {
      source  = "Azure/azapi"
      version = "~> 2.0"
    }
  }
}

provider "azurerm" {
  features {}
}

provider "azapi" {}

variable "resource_group_name" {
  description = "Resource group of the clusters. It must exist."
  type        = string
}

variable "location" {
  description = "Region of the clusters."
  type        = string
}

variable "revision" {
  description = "Revision of the mesh, asm-1-25 or later: az aks mesh get-revisions --location LOCATION lists those that AKS supports."
  type        = string
  default     = "asm-1-30"
}
