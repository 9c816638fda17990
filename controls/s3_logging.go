package controls

var s3Logging = &Control{
	ID:    "S3.LOGGING",
	Title: "S3 buckets log who accesses them",
	Story: "As an incident responder I want a record of every request to a bucket so that I can tell what was" +
		" read, by whom and when.",
	Scenarios: []Scenario{
		judged("a bucket that logs to another", Compliant, "S3.LOGGING/other-bucket.compliant.yaml"),
		judged("a bucket that logs to a bucket of another stack", Compliant, "S3.LOGGING/cross-stack.compliant"),
		judged("a bucket that logs to a bucket named by a parameter", Compliant, "S3.LOGGING/parameter.compliant.yaml"),
		judged("a bucket without logging", NonCompliant, "S3.LOGGING/missing.non-compliant.json"),
		judged("a bucket that names itself as its target", NonCompliant, "S3.LOGGING/itself.non-compliant.yaml"),
		judged("a bucket with a logging configuration that names no target", NonCompliant, "S3.LOGGING/no-target.non-compliant.yaml"),
		judged("a bucket whose target has its own name", NonCompliant, "S3.LOGGING/itself-by-name.non-compliant.yaml"),
		judged("two buckets that log to each other", NonCompliant, "S3.LOGGING/circle.non-compliant.yaml"),
		judged("a bucket that lets S3 deliver logs and an application write", NonCompliant, "S3.LOGGING/shared.non-compliant.yaml"),
		judged("a bucket to which another one logs", NotApplicable, "S3.LOGGING/target.not-applicable.yaml"),
		judged("a bucket whose policy lets S3 deliver access logs", NotApplicable, "S3.LOGGING/delivery-policy.not-applicable.yaml"),
		judged("a bucket whose AccessControl is LogDeliveryWrite", NotApplicable, "S3.LOGGING/acl.not-applicable.yaml"),
		judged("a bucket that logs only when a condition on the region holds", Unknown, "S3.LOGGING/condition.unknown.yaml"),
		accepted("a bucket that CloudTrail watches", "S3.LOGGING/cloudtrail.excepted"),
	},
	Severity:  Medium,
	Needed:    Profile{Confidentiality: RatedMedium, Integrity: RatedMedium},
	Types:     []string{"AWS::S3::Bucket"},
	Rationale: "Without access logs nobody can say after an incident which objects left the bucket." + logTargetRule,
	Remedy: "CDK: BucketProps.ServerAccessLogsBucket: a bucket for logs, with ServerAccessLogsPrefix." +
		" CloudFormation: LoggingConfiguration: {DestinationBucketName: !Ref LogBucket, LogFilePrefix: …}.",
	Mappings: []Mapping{
		{SecurityHub, []string{"S3.9"}},
		{NIST80053, []string{"AU-6(3)", "AU-6(4)", "AU-10", "AU-12(1)"}},
		{PCI, []string{"v4.0.1/10.2.1"}},
		{CDKNag, []string{"AwsSolutions-S1", "NIST.800.53.R5-S3BucketLoggingEnabled"}},
		{AWSConfig, []string{"S3_BUCKET_LOGGING_ENABLED"}},
	},
	Check: checkS3Logging,
}

func checkS3Logging(p *Pass) {
	const property = "LoggingConfiguration.DestinationBucketName"
	const expected = "expected the name of another bucket, which receives access logs"
	logging := p.Get("LoggingConfiguration")
	if why := unsure(logging); why != "" {
		p.Unknown("LoggingConfiguration", "%s; %s", why, expected)
		return
	}
	switch to := p.index.logsTo(p.world, p.Resource); {
	case to == p.Resource:
		p.NonCompliant(property, "the bucket logs to itself; %s", expected)
		return
	case to != nil && p.index.logsReach(p.world, p.Resource, p.Resource):
		p.NonCompliant(property, "logs go to %s and from there come back; %s", to.ID(), expected)
		return
	}
	why, refused := p.logTarget()
	if why != "" {
		p.NotApplicable(why + ", and logging its own deliveries would log without end")
		return
	}
	// A name that only the deployment knows is a name: logging is on.
	if to := p.Get("LoggingConfiguration", "DestinationBucketName"); !hasText(to) {
		p.NonCompliant(property, "found %s, %s", to, expected)
		p.note(refused)
		return
	}
	p.Compliant(property, "access is logged to another bucket")
}
