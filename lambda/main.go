// Command lambda is the one binary of all functions that the constructs make. The environment variable
// SECURECDK_HANDLER says which of them it is.
package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/securecdk/securecdk/lambda/approvalruletemplate"
	"github.com/securecdk/securecdk/lambda/pullrequeststart"
	"github.com/securecdk/securecdk/lambda/pullrequestverdict"
)

// handlers make a function of each, by the value of SECURECDK_HANDLER. They read the rest of their environment at once, so
// that a function that is set up wrongly fails before its first event.
var handlers = map[string]func(aws.Config) (any, error){
	"approvalruletemplate": func(cfg aws.Config) (any, error) { return approvalruletemplate.New(cfg, os.Getenv) },
	"pullrequeststart": func(cfg aws.Config) (any, error) {
		h, err := pullrequeststart.New(cfg, os.Getenv)
		return handle(h, err)
	},
	"pullrequestverdict": func(cfg aws.Config) (any, error) {
		h, err := pullrequestverdict.New(cfg, os.Getenv)
		return handle(h, err)
	},
}

// handle is the function of a handler of events.
func handle(h interface {
	Handle(context.Context, events.EventBridgeEvent) error
}, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return h.Handle, nil
}

func main() {
	handler, err := find(os.Getenv("SECURECDK_HANDLER"))
	if err != nil {
		fmt.Fprintln(os.Stderr, "securecdk:", err)
		os.Exit(1)
	}
	lambda.Start(handler)
}

func find(name string) (any, error) {
	create, ok := handlers[name]
	if !ok {
		known := strings.Join(slices.Sorted(maps.Keys(handlers)), ", ")
		return nil, fmt.Errorf("SECURECDK_HANDLER: got %q, expected one of %s", name, known)
	}
	// Calls are tried five times at most, within half a minute; what still fails is the caller's to try again.
	cfg, err := config.LoadDefaultConfig(context.Background(), config.WithRetryer(func() aws.Retryer {
		return retry.NewStandard(func(o *retry.StandardOptions) { o.MaxAttempts, o.MaxBackoff = 5, 8*time.Second })
	}))
	if err != nil {
		return nil, fmt.Errorf("loading the AWS configuration: %w", err)
	}
	return create(cfg)
}
