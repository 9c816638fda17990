package secureapp

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
)

const callGuard = "call secureapp.Guard on the Stage when it is complete and before it is added to a pipeline"

// unseen tells which stacks of the assembly a pack has not looked at. A pack that looked at a stack has left a report;
// one that was put on a Stage too late has not, and would otherwise be green because it never looked.
func unseen(outdir string, packs []nagAspect) error {
	if len(packs) == 0 {
		return nil
	}
	stacks, err := stacksIn(outdir, "")
	if err != nil {
		return err
	}
	var errs []error
	for _, stack := range stacks {
		for _, pack := range packs {
			name := fmt.Sprintf("%s-%s-%s-NagReport.json", pack.reportName, stack.stage, stack.name)
			if _, err := os.Stat(filepath.Join(outdir, name)); err != nil {
				errs = append(errs, fmt.Errorf("%s: %s did not look at it: its Stage was synthesized too early; %s", stack.path, pack.reportName, callGuard))
				break
			}
		}
	}
	return errors.Join(errs...)
}

// assemblyStack is a stack as the manifests tell of it.
type assemblyStack struct{ path, stage, name string }

// stacksIn lists the stacks that have resources, in the assembly and in those nested in it. stage is the construct id of the
// assembly's Stage, empty for the app.
func stacksIn(dir, stage string) ([]assemblyStack, error) {
	var manifest struct {
		Artifacts map[string]struct {
			Type        string `json:"type"`
			DisplayName string `json:"displayName"`
			Properties  struct {
				TemplateFile  string `json:"templateFile"`
				StackName     string `json:"stackName"`
				DirectoryName string `json:"directoryName"`
				DisplayName   string `json:"displayName"`
			} `json:"properties"`
		} `json:"artifacts"`
	}
	if err := readJSON(filepath.Join(dir, "manifest.json"), &manifest); err != nil {
		return nil, err
	}
	var stacks []assemblyStack
	for _, id := range sortedKeys(manifest.Artifacts) {
		artifact := manifest.Artifacts[id]
		switch artifact.Type {
		case "cdk:cloud-assembly":
			nested, err := stacksIn(filepath.Join(dir, artifact.Properties.DirectoryName), path.Base(artifact.Properties.DisplayName))
			if err != nil {
				return nil, err
			}
			stacks = append(stacks, nested...)
		case "aws:cloudformation:stack":
			has, err := hasResources(filepath.Join(dir, artifact.Properties.TemplateFile))
			if err != nil {
				return nil, err
			}
			if !has {
				continue
			}
			name := artifact.Properties.StackName
			if name == "" {
				name = id
			}
			display, _, _ := strings.Cut(artifact.DisplayName, " (")
			stacks = append(stacks, assemblyStack{display, stage, name})
		}
	}
	return stacks, nil
}

func hasResources(template string) (bool, error) {
	var doc struct {
		Resources map[string]json.RawMessage `json:"Resources"`
	}
	err := readJSON(template, &doc)
	return len(doc.Resources) > 0, err
}

func readJSON(path string, into any) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
