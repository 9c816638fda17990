package tool

import (
	"crypto/sha256"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

var (
	//go:embed npm/package.json
	packageJSON []byte
	//go:embed npm/package-lock.json
	packageLock []byte
)

// NodeModules returns the node_modules folder with the pinned packages, fetching them when this machine does not have
// them yet. Without npm the test is skipped, under CI it fails.
func NodeModules(t testing.TB) string {
	t.Helper()
	Need(t, "npm")
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(append(packageLock, packageJSON...))
	dir := filepath.Join(cache, "securecdk-test", fmt.Sprintf("npm-%x", sum[:8]))
	if err := fetch(dir); err != nil {
		t.Fatalf("fetching the pinned npm packages: %v", err)
	}
	return filepath.Join(dir, "node_modules")
}

// fetch installs into a folder of its own and renames it, so that of several test binaries that start at the same time
// none sees half an installation. Who comes second uses what is there.
func fetch(dir string) error {
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	temporary, err := os.MkdirTemp(filepath.Dir(dir), "fetching-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(temporary) }()
	for name, data := range map[string][]byte{"package.json": packageJSON, "package-lock.json": packageLock} {
		if err := os.WriteFile(filepath.Join(temporary, name), data, 0o600); err != nil {
			return err
		}
	}
	npm := exec.Command("npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts")
	npm.Dir = temporary
	if out, err := npm.CombinedOutput(); err != nil {
		return fmt.Errorf("npm ci: %w\n%s", err, out)
	}
	if err := os.Rename(temporary, dir); err != nil {
		if _, statErr := os.Stat(dir); errors.Is(statErr, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// Need skips the test when a program is not installed. Under CI, where nothing may be skipped in silence, it fails.
func Need(t testing.TB, program string) {
	t.Helper()
	if _, err := exec.LookPath(program); err == nil {
		return
	}
	if os.Getenv("CI") != "" {
		t.Fatalf("%s is not installed, and under CI no judge may be missing", program)
	}
	t.Skipf("%s is not installed", program)
}
