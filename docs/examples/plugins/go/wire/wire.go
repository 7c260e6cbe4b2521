// Package wire speaks docs/plugin-protocol.md: a call a line on standard input, an answer a line on standard output.
package wire

import (
	"bufio"
	"encoding/json"
	"errors"
	"os"
	"time"
)

// Call is what rotate asks. What a verb is about stands beside the options.
type Call struct {
	ID      int             `json:"id"`
	Verb    string          `json:"call"`
	Options json.RawMessage `json:"options"`
	Request json.RawMessage `json:"request"`
	LeaseID string          `json:"leaseId"`
	Lease   struct {
		Handle json.RawMessage `json:"handle"`
	} `json:"lease"`
	Keys   []string          `json:"keys"`
	Values map[string]string `json:"values"`
	State  json.RawMessage   `json:"state"`
	Begun  bool              `json:"begun"`
	Cancel *int              `json:"cancel"`
	// Of a harness. Now is the time by which the outside lives.
	Now    time.Time         `json:"now"`
	Server string            `json:"server"`
	Fields map[string]string `json:"fields"`
}

// Refused is an answer that says what went wrong. Its message holds no secret.
type Refused struct {
	Code      string `json:"code"`
	Message   string `json:"message"`
	Retryable bool   `json:"retryable"`
	Hint      string `json:"hint,omitempty"`
	NoEffect  bool   `json:"noEffect,omitempty"`
	// RetryAfter is milliseconds.
	RetryAfter int `json:"retryAfter,omitempty"`
}

func (refused *Refused) Error() string { return refused.Message }

// NoSuchVerb is for what a program does not have.
func NoSuchVerb() *Refused { return &Refused{Code: "INVALID", Message: "no such verb"} }

type answer struct {
	ID    int      `json:"id"`
	Error *Refused `json:"error"`
}

// Serve answers calls, one after another, until the input ends. What is no Refused ends the program.
func Serve(serve func(call Call) (any, error)) error {
	input := bufio.NewReader(os.Stdin) // no Scanner: its lines end at 64 KiB
	output := json.NewEncoder(os.Stdout)
	for {
		line, err := input.ReadBytes('\n')
		if err != nil {
			return nil // the end of the input
		}
		var call Call
		if err := json.Unmarshal(line, &call); err != nil {
			return err
		}
		if call.Cancel != nil {
			continue // one call at a time: whatever it names is over
		}
		ok, err := serve(call)
		var refused *Refused
		switch {
		case errors.As(err, &refused):
			err = output.Encode(answer{call.ID, refused})
		case err == nil:
			err = output.Encode(map[string]any{"id": call.ID, "ok": ok})
		}
		if err != nil {
			return err
		}
	}
}
