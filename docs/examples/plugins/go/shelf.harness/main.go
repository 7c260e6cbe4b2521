// Plays the Shelf service for `rotate plugin test`; rotate is the web server. Speaks docs/authors/testing.md.
package main

import (
	"encoding/json"
	"log"

	"example.com/plugin/wire"
)

type object = map[string]any

type document struct {
	Version int               `json:"version"`
	Values  map[string]string `json:"values"`
}

var held = document{1, map[string]string{}}

func put(values map[string]string) { held = document{held.Version + 1, values} }

// web is strict: it takes a document only with the version that it has.
func web(method, path, body string) any {
	if path != "/app" {
		return object{"status": 404}
	}
	if method == "PUT" {
		var given document
		if json.Unmarshal([]byte(body), &given) != nil {
			return object{"status": 400}
		}
		if given.Version != held.Version {
			return object{"status": 409}
		}
		put(given.Values)
	}
	return object{"status": 200, "body": held}
}

func play(call wire.Call) (any, error) {
	switch call.Verb {
	case "describe":
		verbs := []string{"http", "snapshot", "readBack", "meddle"}
		return object{"harness": 1, "parts": object{"sinks/shelf-go": verbs}}, nil
	case "start":
		return object{
			"options": object{"url": call.Server, "path": "app"},
			"values":  []object{{"TOKEN": "first-text"}, {"TOKEN": "second-text"}},
		}, nil
	case "http":
		var request struct{ Method, Path, Body string }
		if err := json.Unmarshal(call.Request, &request); err != nil {
			return nil, err
		}
		return web(request.Method, request.Path, request.Body), nil
	case "snapshot", "readBack":
		return held.Values, nil
	case "meddle":
		put(map[string]string{"TOKEN": "somebody-else"})
		return nil, nil
	}
	return nil, wire.NoSuchVerb()
}

func main() {
	if err := wire.Serve(play); err != nil {
		log.Fatal(err)
	}
}
