package controls

import (
	"slices"

	"github.com/securecdk/securecdk/controls/template"
)

// logTargetRule documents the exemption of access-log buckets; S3.CMK and S3.LOGGING carry it in their rationale.
const logTargetRule = " The bucket that receives access logs is not applicable: S3 delivers logs only to a bucket that is" +
	" encrypted with SSE-S3, and one that logs to itself logs its own logs without end (Amazon S3 user guide," +
	" \"Enabling Amazon S3 server access logging\"). A bucket counts as such when another judged bucket names it as its" +
	" target, when its policy lets logging.s3.amazonaws.com put objects under a prefix of it, or when its AccessControl is LogDeliveryWrite." +
	" It doesn't when it names itself, when logs go round in a circle, when its AccessControl is" +
	" public, or when its policy, or an identity policy among the templates that names it, may let anyone but AWS's log delivery services put objects: what is written by" +
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

// publicACLs let others than the owner's account read or write (Amazon S3 user guide, "Canned ACL").
var publicACLs = []string{"PublicRead", "PublicReadWrite", "AuthenticatedRead"}

// logTarget tells whether the bucket that is judged receives access logs, and by what it shows. A bucket that claims to
// and yet is judged as data gets the reason in refused.
func (p *Pass) logTarget() (why, refused string) {
	received, others := p.deliveries()
	why = p.claimsLogs(received)
	switch {
	case why == "":
		return "", ""
	case is(p.Get("AccessControl"), func(s string) bool { return slices.Contains(publicACLs, s) }) != never:
		return "", "it receives access logs, but its AccessControl lets everyone in, so it is judged as data"
	case others:
		return "", "it receives access logs, but its policy lets others write too, so it is judged as data"
	case p.index.logsReach(p.world, p.Resource, p.Resource):
		return "", "it receives access logs, but logs go round in a circle, so it is judged as data"
	}
	if writer := p.index.writerOf(p.world, p.Resource); writer != nil {
		return "", "it receives access logs, but " + writer.ID() + " lets others write too, so it is judged as data"
	}
	return why, ""
}

func (p *Pass) claimsLogs(received bool) string {
	if received {
		return "its policy lets " + logDelivery + " deliver access logs to it"
	}
	if is(p.Get("AccessControl"), func(s string) bool { return s == "LogDeliveryWrite" }) == surely {
		return "its AccessControl LogDeliveryWrite lets S3 deliver access logs to it"
	}
	for source := range p.index.loggersTo().of(p.world, p.Resource) {
		if source != p.Resource && !p.index.logsReach(p.world, p.Resource, source) {
			return "it receives the access logs of " + source.ID()
		}
	}
	return ""
}

// deliveries tells whether the bucket's policies let S3 deliver access logs, and whether they let others write.
func (p *Pass) deliveries() (received, others bool) {
	objects := denial{keys: bucketKeys(p.world, p.Resource)}
	for _, policy := range p.index.policiesOf(p.world, p.Resource) {
		statements, unknown := statementsOf(p.world, policy)
		others = others || unknown != ""
		for _, s := range statements {
			sure, o := s.delivers()
			received, others = received || sure && anyOf(s.Get("Resource").OneOrMore(), objects.coversLogs) == surely, others || o
		}
	}
	return received, others
}

// delivers tells whether it is certain that the statement lets S3 deliver access logs, and whether it may let others
// write.
func (s statement) delivers() (received, others bool) {
	sure := min(s.effect("Allow"), s.writes())
	if sure == never {
		return false, false
	}
	services, others := s.services()
	for _, service := range services {
		others = others || !slices.Contains(logDeliveries, service)
	}
	return sure == surely && slices.Contains(services, logDelivery), others
}

// bucketKeys returns the keys of all texts that name the bucket.
func bucketKeys(w *template.World, bucket *template.Resource) []string {
	keys := []string{w.Ref(bucket).Key()}
	if key := w.Get(bucket, "BucketName").Key(); key != "" {
		keys = append(keys, key)
	}
	return keys
}
