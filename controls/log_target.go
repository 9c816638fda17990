package controls

import (
	"slices"

	"github.com/securecdk/securecdk/controls/template"
)

// logTargetRule documents the exemption of access-log buckets; S3.CMK and S3.LOGGING carry it in their rationale.
const logTargetRule = " The bucket that receives access logs is not applicable: S3 delivers logs only to a bucket that is" +
	" encrypted with SSE-S3, and one that logs to itself logs its own logs without end (Amazon S3 user guide," +
	" \"Enabling Amazon S3 server access logging\"). A bucket counts as such when another judged bucket names it as its" +
	" target, when its policy lets logging.s3.amazonaws.com put objects, or when its AccessControl is LogDeliveryWrite." +
	" It doesn't when it names itself, when logs go round in a circle, or when its policy, or an identity policy" +
	" among the templates that names it, lets anyone but AWS's log delivery services put objects: what is written by" +
	" others is data, and data is encrypted and logged."

const logDelivery = "logging.s3.amazonaws.com"

// logDeliveries are the services that deliver logs and may share the bucket with S3's.
var logDeliveries = []string{
	logDelivery,
	"delivery.logs.amazonaws.com",
	"logdelivery.elasticloadbalancing.amazonaws.com",
	"cloudtrail.amazonaws.com",
	"config.amazonaws.com",
}

// logTarget tells whether the bucket that is judged receives access logs, and by what it shows.
func (p *Pass) logTarget() (why string, ok bool) {
	received, others := p.deliveries()
	if others {
		return "", false
	}
	why, ok = p.claimsLogs(received)
	if !ok || p.index.logsReach(p.world, p.Resource, p.Resource) || p.index.writerOf(p.Resource) != nil {
		return "", false
	}
	return why, true
}

func (p *Pass) claimsLogs(received bool) (why string, ok bool) {
	if received {
		return "its policy lets " + logDelivery + " deliver access logs to it", true
	}
	if is(p.Get("AccessControl"), func(s string) bool { return s == "LogDeliveryWrite" }) == surely {
		return "its AccessControl LogDeliveryWrite lets S3 deliver access logs to it", true
	}
	for _, source := range p.index.loggersTo(p.world, p.Resource) {
		if source != p.Resource && !p.index.logsReach(p.world, p.Resource, source) {
			return "it receives the access logs of " + source.ID(), true
		}
	}
	return "", false
}

// deliveries tells whether the bucket's policies let S3 deliver access logs, and whether they let others write.
func (p *Pass) deliveries() (received, others bool) {
	for _, policy := range p.index.policiesOf(p.world, p.Resource) {
		statements, unknown := statementsOf(p.world, policy)
		others = others || unknown != ""
		for _, s := range statements {
			r, o := s.delivers()
			received, others = received || r, others || o
		}
	}
	return received, others
}

func (s statement) delivers() (received, others bool) {
	if s.effect("Allow") == never || s.writes() == never {
		return false, false
	}
	services, others := s.services()
	for _, service := range services {
		others = others || !slices.Contains(logDeliveries, service)
	}
	sure := s.effect("Allow") == surely && s.writes() == surely
	return sure && slices.Contains(services, logDelivery), others
}

// bucketKeys returns the keys of all texts that name the bucket.
func bucketKeys(w *template.World, bucket *template.Resource) []string {
	keys := []string{w.Ref(bucket).Key()}
	if key := w.Get(bucket, "BucketName").Key(); key != "" {
		keys = append(keys, key)
	}
	return keys
}
