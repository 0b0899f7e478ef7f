// Renders the templates of a Helm chart as `helm template` does, with what Debian has of Helm's parts: text/template and
// sprig. Standard input: JSON of chart (directory), chart metadata, release and values, which are complete already.
// Standard output: JSON of file names and texts. A template's `fail` ends it with 1 and its message.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"text/template"

	"github.com/Masterminds/sprig"
	"gopkg.in/yaml.v3"
)

type input struct {
	Directory string
	Chart     map[string]interface{}
	Release   map[string]interface{}
	Values    map[string]interface{}
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	var in input
	if err := json.NewDecoder(os.Stdin).Decode(&in); err != nil {
		return err
	}
	files, err := filepath.Glob(filepath.Join(in.Directory, "templates", "*"))
	if err != nil {
		return err
	}
	sort.Strings(files)
	name, _ := in.Chart["Name"].(string)
	root := template.New("chart").Option("missingkey=zero")
	functions := sprig.TxtFuncMap()
	functions["include"] = func(name string, data interface{}) (string, error) {
		var out bytes.Buffer
		err := root.ExecuteTemplate(&out, name, data)
		return out.String(), err
	}
	functions["toYaml"] = func(value interface{}) (string, error) {
		text, err := yaml.Marshal(value)
		return strings.TrimSuffix(string(text), "\n"), err
	}
	functions["required"] = func(message string, value interface{}) (interface{}, error) {
		if value == nil || value == "" {
			return nil, errors.New(message)
		}
		return value, nil
	}
	root.Funcs(functions)
	names := map[string]string{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		names[file] = name + "/templates/" + filepath.Base(file)
		if _, err := root.New(names[file]).Parse(string(text)); err != nil {
			return err
		}
	}
	out := map[string]string{}
	for _, file := range files {
		if strings.HasPrefix(filepath.Base(file), "_") {
			continue
		}
		var text bytes.Buffer
		err := root.ExecuteTemplate(&text, names[file], map[string]interface{}{
			"Chart": in.Chart, "Release": in.Release, "Values": in.Values,
			"Template": map[string]interface{}{"BasePath": name + "/templates", "Name": names[file]},
		})
		if err != nil {
			return err
		}
		// Helm renders what is absent as nothing.
		out[filepath.Base(file)] = strings.ReplaceAll(text.String(), "<no value>", "")
	}
	return json.NewEncoder(os.Stdout).Encode(out)
}
