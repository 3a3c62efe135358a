package scenario

import (
	"embed"
	"fmt"
	"os"
	"path"
	"strings"
)

//go:embed shipped/*.json
var files embed.FS

// Shipped returns the scenarios that come with the program, by name.
func Shipped() ([]*Scenario, error) {
	entries, err := files.ReadDir("shipped")
	if err != nil {
		return nil, fmt.Errorf("shipped scenarios: %w", err)
	}
	var out []*Scenario
	for _, e := range entries {
		s, err := shipped(strings.TrimSuffix(e.Name(), ".json"))
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

func shipped(name string) (*Scenario, error) {
	text, err := files.ReadFile("shipped/" + name + ".json")
	if err != nil {
		return nil, err
	}
	return Parse(name, text)
}

// Open returns a shipped scenario by its name, or reads a file.
func Open(nameOrFile string) (*Scenario, error) {
	if !strings.ContainsAny(nameOrFile, "/.") {
		s, err := shipped(nameOrFile)
		if os.IsNotExist(err) {
			return nil, fmt.Errorf("there is no scenario %q; list them, or name a file such as ./%s.json", nameOrFile, nameOrFile)
		}
		return s, err
	}
	text, err := os.ReadFile(nameOrFile)
	if err != nil {
		return nil, fmt.Errorf("scenario: %w", err)
	}
	return Parse(strings.TrimSuffix(path.Base(nameOrFile), ".json"), text)
}
