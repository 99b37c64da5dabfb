variable "subscription_id" {
  description = "Subscription of the identities and, without management_group_id, of the clusters."
  type        = string
}

variable "resource_group_name" {
  description = "Resource group of the identities. It must exist."
  type        = string
}

variable "location" {
  description = "Region of the identities."
  type        = string
}

variable "check_subjects" {
  description = "Subjects of the workflows that only read, by a name for the credential. Each exactly as GitHub sends it: it is case-sensitive."
  type        = map(string)
  default = {
    production-readonly = "repo:ORG/REPO:environment:production-readonly"
  }

  validation {
    condition     = alltrue([for subject in values(var.check_subjects) : can(regex("^repo:[^:]+:(environment:.+|ref:refs/.+|pull_request)$", subject))])
    error_message = "A subject is repo:ORG/REPO:environment:NAME, repo:ORG@ORG_ID/REPO@REPO_ID:environment:NAME, repo:ORG/REPO:pull_request, or repo:ORG/REPO:ref:refs/heads/NAME."
  }
}

variable "apply_subjects" {
  description = "Subjects of the workflows that may write, best of an environment with required reviewers. Empty for check only."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for subject in values(var.apply_subjects) : can(regex("^repo:[^:]+:(environment:.+|ref:refs/.+)$", subject))])
    error_message = "A subject that may write is that of an environment or a branch. That of pull requests would give the right to everybody who may push a branch."
  }
}

variable "cluster_ids" {
  description = "Resource IDs of the clusters that are checked and, with apply_subjects, switched."
  type        = set(string)
  default     = []
}

variable "management_group_id" {
  description = "For a fleet: resource ID of a management group. The clusters of all subscriptions below it are checked."
  type        = string
  default     = null
}

variable "register_feature" {
  description = "Whether the identity that writes may register the preview feature, for a subscription that still needs it."
  type        = bool
  default     = false
}
