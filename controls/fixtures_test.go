package controls_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/securecdk/securecdk/controls"
	"github.com/securecdk/securecdk/controls/controlstest"
)

func TestEachFixtureGivesTheVerdictInItsName(t *testing.T) {
	controlstest.Run(t, os.DirFS("testdata"), controls.All()...)
}

func TestCatalogueIsOrdered(t *testing.T) {
	all := controls.All()
	for i, c := range all {
		if i > 0 && all[i-1].ID >= c.ID {
			t.Errorf("%s stands before %s", all[i-1].ID, c.ID)
		}
		if got, ok := controls.ByID(c.ID); !ok || got != c {
			t.Errorf("ByID(%q) = %v, %v", c.ID, got, ok)
		}
	}
}

func TestEachRiskOfTheCatalogueCanBeAccepted(t *testing.T) {
	for _, c := range controls.All() {
		if found, err := filepath.Glob(filepath.Join("testdata", c.ID, "*.excepted", "exceptions.yaml")); err != nil || len(found) == 0 {
			t.Errorf("%s has no fixture that is excepted (%v)", c.ID, err)
		}
	}
}

func TestEachFixtureFolderBelongsToAControl(t *testing.T) {
	entries, err := os.ReadDir("testdata")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if _, ok := controls.ByID(e.Name()); !ok && e.IsDir() && strings.ToUpper(e.Name()) == e.Name() {
			t.Errorf("testdata/%s belongs to no control", e.Name())
		}
	}
}
