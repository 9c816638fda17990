package template

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// FuzzParse looks for input that makes Parse or the reading of values panic or hang, and for JSON that is decoded
// otherwise than encoding/json does.
func FuzzParse(f *testing.F) {
	seeds, err := filepath.Glob("../testdata/*/*.*")
	if err != nil || len(seeds) == 0 {
		f.Fatal("no seeds", err)
	}
	for _, s := range seeds {
		if data, err := os.ReadFile(s); err == nil {
			f.Add(filepath.Ext(s) == ".json", data)
		}
	}
	f.Add(false, []byte("Resources: &a {B: {Type: T, Properties: {x: !Ref P, y: !If [C, *a, !Sub '${B.Arn}']}}}\nParameters: {P: {Type: String}}\nConditions: {C: !Not [!Condition C]}"))
	f.Fuzz(func(t *testing.T, isJSON bool, data []byte) {
		name := "a.yaml"
		if isJSON {
			name = "a.json"
			compareWithEncodingJSON(t, data)
		}
		tpl, err := Parse(name, data)
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || e.Message == "" {
				t.Fatalf("%#v is no *Error with a message", err)
			}
			return
		}
		readAll(NewSet(tpl))
	})
}

// readAll reads every property of every resource in a few worlds.
func readAll(s *Set) {
	for _, t := range s.Templates() {
		for _, r := range t.Resources {
			s.Worlds(4, func(w *World) {
				if w.Exists(r) {
					readValue(w.Get(r), 0)
				}
			})
		}
	}
}

func readValue(v Value, depth int) {
	_, _, _, _ = v.String(), v.Key(), v.Reason(), v.Unknown()
	v.Bool()
	v.Reference()
	if depth > 20 {
		return
	}
	keys, _ := v.Keys()
	for _, k := range keys {
		readValue(v.Get(k), depth+1)
	}
	items, _ := v.Items()
	for _, item := range items {
		readValue(item, depth+1)
	}
}
