package exceptions

import (
	_ "embed"
	"slices"
)

//go:embed schema/register.schema.json
var schema []byte

// Schema returns the JSON Schema (draft 2020-12) of the register, for editors and for checks before a review. It refuses
// nothing that Parse takes. Of what Parse refuses it lets pass what lies between two values: an owner who approves, the
// same field twice and the same control and scope twice.
func Schema() []byte { return slices.Clone(schema) }
