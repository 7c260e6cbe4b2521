// Plays the Acme API for `rotate plugin test`; rotate is the web server. Speaks docs/authors/testing.md.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"strings"
	"time"

	"example.com/plugin/wire"
)

const key = "key-of-the-test"

type object = map[string]any

var (
	live = map[string]string{}    // the ids of tokens that work, by token
	ends = map[string]time.Time{} // when they end, by token
	made = 0
)

// web is strict: it refuses what the real one refuses.
func web(request struct {
	Method, Path, Body string
	Headers            map[string]string
}, now time.Time) any {
	id, isOne := strings.CutPrefix(request.Path, "/tokens/")
	switch {
	case request.Headers["authorization"] != "Bearer "+key:
		return object{"status": 403}
	case request.Method == "GET" && request.Path == "/tokens":
		return object{"status": 200, "body": []object{}}
	case request.Method == "POST" && request.Path == "/tokens":
		var body struct {
			Name string
			TTL  int
		}
		if json.Unmarshal([]byte(request.Body), &body) != nil || body.Name == "" || body.TTL == 0 {
			return object{"status": 400}
		}
		made++
		secret, id := fmt.Sprintf("secret-of-token-%d", made), fmt.Sprintf("t%d", made)
		live[secret] = id
		ends[secret] = now.Add(time.Duration(body.TTL) * time.Second)
		expires := ends[secret].UTC().Format(time.RFC3339)
		return object{"status": 201, "body": object{"id": id, "secret": secret, "expires": expires}}
	case request.Method == "DELETE" && isOne:
		for secret, one := range live {
			if one == id {
				delete(live, secret)
				return object{"status": 204}
			}
		}
	}
	return object{"status": 404}
}

func play(call wire.Call) (any, error) {
	switch call.Verb {
	case "describe":
		return object{"harness": 1, "parts": object{"providers/acme-go": []string{"http", "isLive"}}}, nil
	case "start":
		return object{
			"options": object{"url": call.Server, "key": key},
			"request": object{"ttl": 3_600_000},
			"secrets": []string{key},
		}, nil
	case "http":
		var request struct {
			Method, Path, Body string
			Headers            map[string]string
		}
		if err := json.Unmarshal(call.Request, &request); err != nil {
			return nil, err
		}
		return web(request, call.Now), nil
	case "isLive":
		token := call.Fields["token"]
		_, is := live[token]
		return is && call.Now.Before(ends[token]), nil
	}
	return nil, wire.NoSuchVerb()
}

func main() {
	if err := wire.Serve(play); err != nil {
		log.Fatal(err)
	}
}
