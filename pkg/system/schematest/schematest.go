// Package schematest holds JSON documents to their schema, for tests. It knows
// the words of JSON Schema that the schemas of docs/ use and complains about any
// other, so that none is silently without effect.
package schematest

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"
)

// Problems says what in a document is not as the schema has it. The document may
// have no field that the schema does not name.
func Problems(schema, document []byte) []string {
	var root map[string]any
	if err := json.Unmarshal(schema, &root); err != nil {
		return []string{"schema: " + err.Error()}
	}
	var value any
	if err := json.Unmarshal(document, &value); err != nil {
		return []string{"document: " + err.Error()}
	}
	c := &checker{root: root}
	c.check("document", root, value)
	return c.problems
}

type checker struct {
	root     map[string]any
	problems []string
}

func (c *checker) complain(at, format string, args ...any) {
	c.problems = append(c.problems, at+": "+fmt.Sprintf(format, args...))
}

func (c *checker) check(at string, schema map[string]any, value any) {
	if ref, ok := schema["$ref"].(string); ok {
		name := strings.TrimPrefix(ref, "#/$defs/")
		definitions, _ := c.root["$defs"].(map[string]any)
		target, ok := definitions[name].(map[string]any)
		if !ok {
			c.complain(at, "the schema has no %s", ref)
			return
		}
		c.check(at, target, value)
		return
	}
	for word := range schema {
		switch word {
		case "$schema", "$defs", "title", "description", "type", "properties", "required", "items", "enum", "const", "minimum", "format":
		default:
			c.complain(at, "this test does not know the schema's word %q", word)
		}
	}
	if !c.typed(at, schema["type"], value) {
		return
	}
	if words, ok := schema["enum"].([]any); ok && !slices.Contains(words, value) {
		c.complain(at, "%v is none of %v", value, words)
	}
	if want, ok := schema["const"]; ok && value != want {
		c.complain(at, "%v is not %v", value, want)
	}
	switch v := value.(type) {
	case float64:
		if least, ok := schema["minimum"].(float64); ok && v < least {
			c.complain(at, "%v is below %v", v, least)
		}
	case string:
		if schema["format"] == "date-time" {
			if _, err := time.Parse(time.RFC3339, v); err != nil {
				c.complain(at, "%v", err)
			}
		}
	case []any:
		items, ok := schema["items"].(map[string]any)
		if !ok {
			c.complain(at, "the schema says nothing of the items")
			return
		}
		for i, item := range v {
			c.check(fmt.Sprintf("%s[%d]", at, i), items, item)
		}
	case map[string]any:
		c.object(at, schema, v)
	}
}

func (c *checker) object(at string, schema, value map[string]any) {
	properties, _ := schema["properties"].(map[string]any)
	required, _ := schema["required"].([]any)
	for _, name := range required {
		if _, ok := value[fmt.Sprint(name)]; !ok {
			c.complain(at, "no %v", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(value)) {
		property, ok := properties[name].(map[string]any)
		if !ok {
			c.complain(at, "the schema does not name %s", name)
			continue
		}
		c.check(at+"."+name, property, value[name])
	}
}

// typed says whether a value has a type, or one of several.
func (c *checker) typed(at string, types, value any) bool {
	names, several := types.([]any)
	if !several {
		names = []any{types}
	}
	actual := typeOf(value)
	for _, name := range names {
		if name == actual || name == "number" && actual == "integer" {
			return true
		}
	}
	c.complain(at, "is a %s, not %v", actual, types)
	return false
}

func typeOf(value any) string {
	switch v := value.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case string:
		return "string"
	case []any:
		return "array"
	case float64:
		if v == math.Trunc(v) {
			return "integer"
		}
		return "number"
	}
	return "object"
}
