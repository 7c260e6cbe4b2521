// A provider for rotate: tokens of the Acme API. Needs nothing but Go's own library.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net/http"
	"strconv"
	"syscall"
	"time"

	"example.com/plugin/wire"
)

var description = json.RawMessage(`{"protocol": 1, "providers": [{
	"type": "acme-go",
	"options": {"type": "object", "required": ["url", "key"], "properties": {
		"url": {"type": "string", "format": "uri", "description": "the address of the API"},
		"key": {"type": "string", "secret": true, "description": "the API key"}}},
	"request": {"type": "object", "properties": {"ttl": {"type": "string", "format": "duration", "default": "1h"}}},
	"fields": {"token": {"secret": true, "description": "an API token"}},
	"handle": {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}},
	"verbs": ["check", "mint", "revoke"]}]}`)

type options struct {
	URL string `json:"url"`
	Key string `json:"key"`
}

type token struct {
	ID      string `json:"id"`
	Secret  string `json:"secret"`
	Expires string `json:"expires"`
}

var client = &http.Client{Timeout: 20 * time.Second}

// api sends a request and reads its answer into result.
func api(to options, method, path string, body, result any) error {
	sent, err := json.Marshal(body)
	if err != nil {
		return err
	}
	request, err := http.NewRequest(method, to.URL+path, bytes.NewReader(sent))
	if err != nil {
		return &wire.Refused{Code: "INVALID", Message: "no such address", Hint: "is `url` right?", NoEffect: true}
	}
	request.Header.Set("Authorization", "Bearer "+to.Key)
	request.Header.Set("Content-Type", "application/json")
	answer, err := client.Do(request)
	if err != nil {
		neverSent := errors.Is(err, syscall.ECONNREFUSED)
		return &wire.Refused{Code: "UNAVAILABLE", Message: "acme does not answer", Retryable: true, Hint: "is `url` right?", NoEffect: neverSent}
	}
	defer answer.Body.Close()
	if answer.StatusCode >= 300 {
		return refusal(answer)
	}
	if result == nil {
		return nil
	}
	if err := json.NewDecoder(answer.Body).Decode(result); err != nil {
		return &wire.Refused{Code: "BAD_ANSWER", Message: "acme answered something else than JSON", Hint: "is `url` that of acme?"}
	}
	return nil
}

func refusal(answer *http.Response) error {
	status := answer.StatusCode
	codes := map[int]string{401: "DENIED", 403: "DENIED", 404: "NOT_FOUND", 409: "CONFLICT", 429: "RATE_LIMITED"}
	code, known := codes[status]
	if !known {
		code = "INVALID"
	}
	if status >= 500 {
		code = "UNAVAILABLE"
	}
	hint := "see what the API says of this status"
	if code == "DENIED" {
		hint = "may the `key` do this?"
	}
	wait, _ := strconv.Atoi(answer.Header.Get("Retry-After")) // 0 where it does not say
	return &wire.Refused{
		Code: code, Message: fmt.Sprintf("acme refused (HTTP %d)", status), Hint: hint,
		Retryable: code == "UNAVAILABLE" || code == "RATE_LIMITED", RetryAfter: wait * 1000,
	}
}

func mint(to options, call wire.Call) (any, error) {
	var request struct {
		TTL int `json:"ttl"` // milliseconds
	}
	if err := json.Unmarshal(call.Request, &request); err != nil {
		return nil, err
	}
	var minted token
	body := map[string]any{"name": call.LeaseID, "ttl": request.TTL / 1000}
	if err := api(to, "POST", "/tokens", body, &minted); err != nil {
		return nil, err
	}
	return map[string]any{
		"fields":  map[string]string{"token": minted.Secret},
		"expires": minted.Expires,
		"handle":  map[string]string{"id": minted.ID},
	}, nil
}

func revoke(to options, call wire.Call) (any, error) {
	var handle token
	if err := json.Unmarshal(call.Lease.Handle, &handle); err != nil {
		return nil, err
	}
	err := api(to, "DELETE", "/tokens/"+handle.ID, nil, nil)
	var refused *wire.Refused
	if errors.As(err, &refused) && refused.Code == "NOT_FOUND" {
		return nil, nil // revoking what is gone succeeds
	}
	return nil, err
}

func serve(call wire.Call) (any, error) {
	if call.Verb == "describe" {
		return description, nil
	}
	var to options
	if err := json.Unmarshal(call.Options, &to); err != nil {
		return nil, err
	}
	switch call.Verb {
	case "check":
		return nil, api(to, "GET", "/tokens", nil, nil)
	case "mint":
		return mint(to, call)
	case "revoke":
		return revoke(to, call)
	}
	return nil, wire.NoSuchVerb()
}

func main() {
	if err := wire.Serve(serve); err != nil {
		log.Fatal(err)
	}
}
