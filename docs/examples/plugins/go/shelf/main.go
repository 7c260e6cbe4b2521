// A sink for rotate: keys of the Shelf service, which keeps one JSON document with a version. Needs nothing but Go's own library.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log"
	"maps"
	"net/http"
	"reflect"
	"time"

	"example.com/plugin/wire"
)

var description = json.RawMessage(`{"protocol": 1, "sinks": [{
	"type": "shelf-go",
	"scope": "anywhere",
	"options": {"type": "object", "required": ["url", "path"], "properties": {
		"url": {"type": "string", "format": "uri", "description": "the address of the service"},
		"path": {"type": "string", "pattern": "^[a-z0-9/]+$", "description": "which document"}}},
	"keys": {"pattern": "[A-Z][A-Z0-9_]*", "description": "upper-case words"},
	"target": "{url} document {path}",
	"verbs": ["check", "read", "prepare", "commit", "undo", "fence"]}]}`)

type options struct {
	URL  string `json:"url"`
	Path string `json:"path"`
}

type document struct {
	Version int               `json:"version"`
	Values  map[string]string `json:"values"`
}

// state is what commit and undo need; the engine keeps it in memory and hands it back, even to another process.
type state struct {
	Version int                `json:"version"`
	Before  map[string]*string `json:"before"`
	New     map[string]*string `json:"new"`
}

var client = &http.Client{Timeout: 20 * time.Second}

func service(to options, method string, body any) (document, error) {
	var found document
	sent, err := json.Marshal(body)
	if err != nil {
		return found, err
	}
	request, err := http.NewRequest(method, to.URL+"/"+to.Path, bytes.NewReader(sent))
	if err != nil {
		return found, &wire.Refused{Code: "INVALID", Message: "no such address", Hint: "is `url` right?", NoEffect: true}
	}
	answer, err := client.Do(request)
	if err != nil {
		return found, &wire.Refused{Code: "UNAVAILABLE", Message: "the shelf does not answer", Retryable: true, Hint: "is `url` right?"}
	}
	defer answer.Body.Close()
	if answer.StatusCode >= 300 {
		return found, refusal(answer.StatusCode)
	}
	if err := json.NewDecoder(answer.Body).Decode(&found); err != nil {
		return found, &wire.Refused{Code: "BAD_ANSWER", Message: "the shelf answered something else than a document", Hint: "is `url` that of a shelf?"}
	}
	return found, nil
}

func refusal(status int) error {
	text := fmt.Sprintf("the shelf refused (HTTP %d)", status)
	switch {
	case status == 409:
		return &wire.Refused{Code: "CONFLICT", Message: "somebody else changed the document", Retryable: true, Hint: "it is tried again"}
	case status == 401 || status == 403:
		return &wire.Refused{Code: "DENIED", Message: text, Hint: "may this host write it?"}
	case status >= 500:
		return &wire.Refused{Code: "UNAVAILABLE", Message: text, Retryable: true, Hint: "is the service well?"}
	}
	return &wire.Refused{Code: "INVALID", Message: text, Hint: "is `path` right?"}
}

// held is what the document has under the keys that are asked for; nil where there is none.
func held(found document, keys map[string]*string) map[string]*string {
	now := map[string]*string{}
	for key := range keys {
		now[key] = nil
		if value, is := found.Values[key]; is {
			now[key] = &value
		}
	}
	return now
}

// write compares and swaps: the version that was read, or a conflict.
func write(to options, version int, change map[string]*string) error {
	found, err := service(to, "GET", nil)
	if err != nil {
		return err
	}
	values := map[string]string{}
	maps.Copy(values, found.Values)
	for key, value := range change {
		if value == nil {
			delete(values, key)
		} else {
			values[key] = *value
		}
	}
	_, err = service(to, "PUT", document{version, values})
	return err
}

func prepare(to options, call wire.Call) (any, error) {
	found, err := service(to, "GET", nil)
	if err != nil {
		return nil, err
	}
	next := map[string]*string{}
	for key, value := range call.Values {
		next[key] = &value
	}
	before := held(found, next)
	return map[string]any{
		"changed": !reflect.DeepEqual(before, next),
		"undo":    true,
		"state":   state{found.Version, before, next},
	}, nil
}

func undo(to options, left state) error {
	found, err := service(to, "GET", nil)
	if err != nil {
		return err
	}
	now := held(found, left.New)
	if reflect.DeepEqual(now, left.Before) {
		return nil
	}
	if !reflect.DeepEqual(now, left.New) {
		return &wire.Refused{Code: "CONFLICT", Message: "somebody else changed the document", Hint: "see who else writes it"}
	}
	return write(to, found.Version, left.Before)
}

func serve(call wire.Call) (any, error) {
	if call.Verb == "describe" {
		return description, nil
	}
	var to options
	var left state
	if err := json.Unmarshal(call.Options, &to); err != nil {
		return nil, err
	}
	if call.State != nil {
		if err := json.Unmarshal(call.State, &left); err != nil {
			return nil, err
		}
	}
	switch call.Verb {
	case "check":
		_, err := service(to, "GET", nil)
		return nil, err
	case "read":
		found, err := service(to, "GET", nil)
		values := map[string]string{}
		for _, key := range call.Keys {
			if value, is := found.Values[key]; is {
				values[key] = value
			}
		}
		return values, err
	case "prepare":
		return prepare(to, call)
	case "commit":
		return nil, write(to, left.Version, left.New)
	case "undo":
		if !call.Begun { // never written: what looks like ours is another process's
			return nil, nil
		}
		return nil, undo(to, left)
	case "fence": // a write whose answer was lost, and which is still on its way, finds another version
		found, err := service(to, "GET", nil)
		if err == nil {
			_, err = service(to, "PUT", found)
		}
		return nil, err
	}
	return nil, wire.NoSuchVerb()
}

func main() {
	if err := wire.Serve(serve); err != nil {
		log.Fatal(err)
	}
}
