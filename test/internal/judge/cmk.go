package judge

import "strings"

// cmkAt demands a customer managed key in a property.
func cmkAt(property string) check {
	return func(r *Resource) string { return r.cmk(r.Properties[property], property) }
}

// cmk returns what keeps a value from being a customer managed key, or "".
func (r *Resource) cmk(v any, where string) string {
	if !some(v) {
		return where + " is missing"
	}
	if branches, ok := dig(v, "Fn::If").([]any); ok && len(branches) == 3 {
		for _, branch := range branches[1:] {
			if message := r.cmk(branch, where); message != "" {
				return message
			}
		}
		return ""
	}
	key := r.template.resolve(v)
	switch {
	case !key.known:
		return where + " can't be followed to a key"
	case key.resource == nil && strings.Contains(key.text, "alias/aws/"):
		return where + " is an AWS-managed key: " + key.text
	case key.resource == nil:
		return ""
	case key.resource.Type == "AWS::KMS::Key", key.resource.Type == "AWS::KMS::ReplicaKey":
		return ""
	case key.resource.Type == "AWS::KMS::Alias" && !strings.HasPrefix(text(key.resource.Properties["AliasName"]), "alias/aws/"):
		return ""
	}
	return where + " is not a key but " + key.resource.Type
}

// lambdaEnvironmentKey: without variables there is nothing to encrypt.
func lambdaEnvironmentKey(r *Resource) string {
	variables := dig(r.Properties, "Environment", "Variables")
	if m, ok := variables.(map[string]any); variables == nil || ok && len(m) == 0 {
		return ""
	}
	return r.cmk(r.Properties["KmsKeyArn"], "KmsKeyArn")
}

func repositoryKey(r *Resource) string {
	switch dig(r.Properties, "EncryptionConfiguration", "EncryptionType") {
	case "KMS", "KMS_DSSE":
		return r.cmk(dig(r.Properties, "EncryptionConfiguration", "KmsKey"), "EncryptionConfiguration.KmsKey")
	}
	return "EncryptionConfiguration.EncryptionType is not KMS"
}

func tableKey(r *Resource) string { return r.sse(r.Properties["SSESpecification"]) }

func (r *Resource) sse(spec any) string {
	if !isTrue(dig(spec, "SSEEnabled")) {
		return "SSESpecification.SSEEnabled is not true"
	}
	return r.cmk(dig(spec, "KMSMasterKeyId"), "SSESpecification.KMSMasterKeyId")
}

func globalTableKey(r *Resource) string {
	if !isTrue(dig(r.Properties, "SSESpecification", "SSEEnabled")) {
		return "SSESpecification.SSEEnabled is not true"
	}
	for _, replica := range list(r.Properties["Replicas"]) {
		if m := r.cmk(dig(replica, "SSESpecification", "KMSMasterKeyId"), "a replica's SSESpecification.KMSMasterKeyId"); m != "" {
			return m
		}
	}
	return ""
}

func pipelineKey(r *Resource) string {
	stores := list(r.Properties["ArtifactStores"])
	if len(stores) == 0 {
		return r.cmk(dig(r.Properties, "ArtifactStore", "EncryptionKey", "Id"), "ArtifactStore.EncryptionKey")
	}
	for _, store := range stores {
		key := dig(store, "ArtifactStore", "EncryptionKey", "Id")
		if m := r.cmk(key, "the EncryptionKey of the artifact store in "+text(dig(store, "Region"))); m != "" {
			return m
		}
	}
	return ""
}
