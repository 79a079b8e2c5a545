// Carries out Go templates on conversations. Usage: go run go-template.go CASES_JSON
// CASES_JSON: [{"Template": "...", "System": "...", "Messages": [{"Role": "...", "Content": "..."}]}]. Prints ["text", ...].
package main

import (
	"encoding/json"
	"os"
	"strings"
	"text/template"
)

type message struct {
	Role, Content, Thinking string
	Images, ToolCalls       []string
}

func main() {
	data, err := os.ReadFile(os.Args[1])
	if err != nil {
		panic(err)
	}
	var cases []struct {
		Template, System string
		Messages         []*message
	}
	if err := json.Unmarshal(data, &cases); err != nil {
		panic(err)
	}
	results := []string{}
	for _, c := range cases {
		parsed, err := template.New("").Parse(c.Template)
		if err != nil {
			panic(err)
		}
		var text strings.Builder
		values := map[string]any{"System": c.System, "Messages": c.Messages, "Tools": []string{}, "Response": ""}
		if err := parsed.Execute(&text, values); err != nil {
			panic(err)
		}
		results = append(results, text.String())
	}
	json.NewEncoder(os.Stdout).Encode(results)
}
