import json
import os
import urllib.parse

import boto3

s3 = boto3.client("s3")
sns = boto3.client("sns")
secrets = boto3.client("secretsmanager")
table = boto3.resource("dynamodb").Table(os.environ["TABLE"])


def handler(event, context):
    """Work through order files that S3 announced. What fails goes back to the queue, file by file."""
    failed = []
    for message in event["Records"]:
        try:
            for record in json.loads(message["body"]).get("Records", []):
                process(record["s3"]["bucket"]["name"], urllib.parse.unquote_plus(record["s3"]["object"]["key"]))
        except Exception as error:
            print(json.dumps({"message": message["messageId"], "error": str(error)}))
            failed.append({"itemIdentifier": message["messageId"]})
    return {"batchItemFailures": failed}


def process(bucket, key):
    body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    order = json.loads(body)
    api_key = secrets.get_secret_value(SecretId=os.environ["SECRET"])["SecretString"]
    order["authorized"] = bool(api_key) and order["total"] > 0
    table.put_item(Item={"customer": order["customer"], "order": order["id"], "authorized": order["authorized"]})
    s3.put_object(Bucket=os.environ["ARCHIVE"], Key=f"{order['customer']}/{order['id']}.json", Body=body)
    sns.publish(TopicArn=os.environ["TOPIC"], Message=json.dumps({"customer": order["customer"], "order": order["id"]}))
