package main

import (
	"os"
	"path/filepath"
	"testing"
)

func TestExitCodes(t *testing.T) {
	manifest := `{"artifacts":{"S":{"type":"aws:cloudformation:stack","properties":{"templateFile":"S.template.json"}}}}`
	tests := []struct {
		name, template string
		want           int
	}{
		{"a compliant key", `{"Resources":{"K":{"Type":"AWS::KMS::Key","Properties":{"EnableKeyRotation":true}}}}`, 0},
		{"a bad bucket", `{"Resources":{"B":{"Type":"AWS::S3::Bucket"}}}`, 1},
		{"nothing to judge", `{"Resources":{"R":{"Type":"AWS::IAM::Role"}}}`, 2},
		{"no template", `not JSON`, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			for name, text := range map[string]string{"manifest.json": manifest, "S.template.json": tt.template} {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if got := run(dir); got != tt.want {
				t.Errorf("exit code %d, want %d", got, tt.want)
			}
		})
	}
}
