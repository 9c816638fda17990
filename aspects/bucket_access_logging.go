package aspects

import (
	"slices"

	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/securecdk/securecdk/controls"
	"github.com/securecdk/securecdk/internal/bulk"
)

// BucketAccessLoggingProps configures NewBucketAccessLogging.
type BucketAccessLoggingProps struct {
	// AccessLogs gives a stack the target bucket. Default LogBucketPerStack(nil).
	AccessLogs LogBucketProvider
}

const loggingControl = "S3.LOGGING"

// NewBucketAccessLogging makes S3 buckets deliver their server access logs to the stack's target bucket, each under its
// own logical id as prefix (control S3.LOGGING). A target bucket does not log: it would log its own logging.
func NewBucketAccessLogging(props *BucketAccessLoggingProps) *Aspect {
	provider := LogBucketPerStack(nil)
	if props != nil && props.AccessLogs != nil {
		provider = props.AccessLogs
	}
	a := newAspect(func(r *run, bucket *bulk.Resource) {
		target := r.logTarget(provider, r.StackOf(bucket).Top)
		if r.targets[bucket] {
			return
		}
		r.set(bucket, newProperty("LoggingConfiguration", map[string]any{
			"destinationBucketName": target.name, "logFilePrefix": bucket.LogicalID + "/",
		}, "to the stack's access-log bucket"), NoInterruption)
	}, []string{"AWS::S3::BucketPolicy"}, loggingControl)
	a.prepare = func(r *run, findings []controls.Finding) { r.nameLogTargets(provider, findings) }
	return a
}

type logTarget struct{ name string }

func (r *run) logTarget(provider LogBucketProvider, stack string) *logTarget {
	if t, ok := r.logs[stack]; ok {
		return t
	}
	bucket := provider(r.TopLevelStack(stack))
	t := &logTarget{name: *bucket.BucketName()}
	r.logs[stack] = t
	if res := r.paths[resourcePath(bucket)]; res != nil {
		r.targets[res] = true
	}
	return t
}

// nameLogTargets asks the provider for each stack that will need a target. A bucket of the app that becomes a target only
// now must neither log to itself nor get a customer managed key.
func (r *run) nameLogTargets(provider LogBucketProvider, findings []controls.Finding) {
	for _, f := range findings {
		if f.Control.ID != loggingControl || f.Verdict != controls.NonCompliant {
			continue
		}
		if i := slices.IndexFunc(r.Stacks, func(s *bulk.Stack) bool { return s.Path == f.Resource.Template.Name }); i >= 0 {
			r.logTarget(provider, r.Stacks[i].Top)
		}
	}
}

// resourcePath is the construct path of the CloudFormation resource of an L2 that this app makes, or "".
func resourcePath(c constructs.IConstruct) string {
	child := c.Node().TryFindChild(jsii.String("Resource"))
	if child == nil {
		return ""
	}
	return *child.Node().Path()
}
