"""What the simulated organisation is made of, as plain data: objects, their fields and their choices.

Names, types and lengths are those of Salesforce's documentation ("Object Reference", "Field Types").
"""

from __future__ import annotations

from collections.abc import Mapping

from hub_salesforce.paths import ACCOUNT, CASE, CONTACT, LEAD, OPPORTUNITY, TASK

EVENT, USER = "Event", "User"
KEY_PREFIXES: Mapping[str, str] = {
    **{CONTACT: "003", LEAD: "00Q", ACCOUNT: "001", TASK: "00T", EVENT: "00U", CASE: "500", OPPORTUNITY: "006"},
    **{"OpportunityContactRole": "00K", USER: "005", "Group": "00G", "Organization": "00D", "RecordType": "012"},
    **{"TaskStatus": "01P", "CaseStatus": "01M", "OpportunityStage": "01J", "CurrencyType": "01L"},
    **{"TaskWhoRelation": "0RT", "ContentVersion": "068", "ContentDocument": "069", "ContentDocumentLink": "06A"},
}
"""Every object of the organisation, with the first three characters of its ids."""
SETUP = frozenset({USER, "Group", "Organization", "RecordType", "TaskStatus", "CaseStatus", "OpportunityStage"})
SETUP |= {"CurrencyType", "ContentDocument", "TaskWhoRelation"}
"""Objects whose records the API only reads here."""

_PERSON = """FirstName string40
LastName string80 !
Salutation picklist40
Name string121 =
Email email80
Phone phone40
MobilePhone phone40
Fax phone40
Title string128
Description textarea32000
LeadSource picklist255
OwnerId reference>User
HasOptedOutOfEmail boolean
DoNotCall boolean
LastActivityDate date =
MasterRecordId reference="""
_ACTIVITY = """Subject string255
WhoId reference>Contact,Lead
OwnerId reference>User
Description textarea32000
WhatId reference>Account,Opportunity,Case
AccountId reference=>Account
IsArchived boolean ="""
TEXTS: Mapping[str, str] = {
    CONTACT: f"""{_PERSON}>Contact
AccountId reference>Account
ReportsToId reference>Contact
HomePhone phone40
OtherPhone phone40
AssistantPhone phone40
AssistantName string40
Department string80
Birthdate date
MailingStreet textarea255
MailingCity string40
MailingState string80
MailingPostalCode string20
MailingCountry string80
IsPersonAccount boolean ?person =""",
    LEAD: f"""{_PERSON}>Lead
Company string255 !
Status picklist255
Rating picklist255
Industry picklist255
Website url255
Street textarea255
City string40
State string80
PostalCode string20
Country string80
NumberOfEmployees int
AnnualRevenue currency
IsConverted boolean =
ConvertedDate date =
ConvertedContactId reference=>Contact
ConvertedAccountId reference=>Account
ConvertedOpportunityId reference=>Opportunity
IsUnreadByOwner boolean""",
    ACCOUNT: """Name string255 !
Type picklist255
ParentId reference>Account
Phone phone40
Fax phone40
Website url255
Industry picklist255
AnnualRevenue currency
NumberOfEmployees int
AccountNumber string40
Description textarea32000
OwnerId reference>User
Rating picklist255
BillingStreet textarea255
BillingCity string40
BillingState string80
BillingPostalCode string20
BillingCountry string80
LastActivityDate date =
MasterRecordId reference=>Account
RecordTypeId reference?person >RecordType
IsPersonAccount boolean ?person =
PersonContactId reference?person =>Contact
FirstName string40 ?person
LastName string80 ?person
Salutation picklist40 ?person
PersonEmail email80 ?person
PersonMobilePhone phone40 ?person
PersonHomePhone phone40 ?person
PersonOtherPhone phone40 ?person
PersonAssistantPhone phone40 ?person
PersonTitle string80 ?person
PersonBirthdate date ?person
PersonLeadSource picklist255 ?person
PersonMailingStreet textarea255 ?person
PersonMailingCity string40 ?person
PersonMailingState string80 ?person
PersonMailingPostalCode string20 ?person
PersonMailingCountry string80 ?person
PersonHasOptedOutOfEmail boolean ?person""",
    TASK: f"""{_ACTIVITY}
Status picklist255
Priority picklist255
TaskSubtype picklist40 +%
Type picklist255
ActivityDate date
IsClosed boolean =
IsHighPriority boolean =
CompletedDateTime datetime =
CallType picklist40
CallDurationInSeconds int
CallDisposition string255
IsReminderSet boolean
ReminderDateTime datetime""",
    EVENT: f"""{_ACTIVITY}
ActivityDateTime datetime
DurationInMinutes int
StartDateTime datetime
EndDateTime datetime
Location string255""",
    CASE: """CaseNumber string30 =
Subject string255
Description textarea32000
Status picklist255
Priority picklist255
Origin picklist255
Reason picklist255
Type picklist255
ContactId reference>Contact
AccountId reference>Account
OwnerId reference>User,Group
SuppliedName string80
SuppliedEmail email80
SuppliedPhone string40
ContactEmail email80 =
ContactPhone phone40 =
IsClosed boolean =
ClosedDate datetime =
MasterRecordId reference=>Case""",
    OPPORTUNITY: """Name string120 !
StageName picklist255 !
CloseDate date !
Amount currency
Probability percent
Type picklist255
LeadSource picklist255
NextStep string255
Description textarea32000
AccountId reference>Account
ContactId reference+>Contact
OwnerId reference>User
IsClosed boolean =
IsWon boolean =
LastActivityDate date =""",
    "OpportunityContactRole": """OpportunityId reference+!>Opportunity
ContactId reference+!>Contact
Role picklist255
IsPrimary boolean""",
    USER: """Username string80
FirstName string40
LastName string80
Name string121
Alias string8
Email email128
IsActive boolean
UserType picklist40
TimeZoneSidKey picklist40
LanguageLocaleKey picklist40""",
    "Group": """Name string40
DeveloperName string80
Type picklist40""",
    "Organization": """Name string80
TimeZoneSidKey picklist40
LanguageLocaleKey picklist40
DefaultLocaleSidKey picklist40
OrganizationType picklist40
InstanceName string5
IsSandbox boolean""",
    "RecordType": """Name string80
DeveloperName string80
SobjectType picklist40
IsActive boolean
IsPersonType boolean ?person""",
    **dict.fromkeys(
        ("TaskStatus", "CaseStatus"),
        "MasterLabel string255\nApiName string255\nSortOrder int\nIsDefault boolean\nIsClosed boolean",
    ),
    "OpportunityStage": """MasterLabel string255
ApiName string255
SortOrder int
IsActive boolean
IsClosed boolean
IsWon boolean
DefaultProbability percent""",
    "CurrencyType": """IsoCode picklist3
IsActive boolean
IsCorporate boolean
ConversionRate double
DecimalPlaces int""",
    "TaskWhoRelation": """TaskId reference>Task
RelationId reference>Contact,Lead
Type picklist40
AccountId reference>Account""",
    "ContentVersion": """ContentDocumentId reference+>ContentDocument
Title string255
PathOnClient string500 +
VersionData base64 !
FirstPublishLocationId reference+>Contact,Lead,Account,Task,Case,Opportunity,User
Description textarea1000
ContentSize int =
FileExtension string40 =
IsLatest boolean =
OwnerId reference>User""",
    "ContentDocument": """Title string255
LatestPublishedVersionId reference>ContentVersion
ContentSize int
FileExtension string40
OwnerId reference>User""",
    "ContentDocumentLink": """ContentDocumentId reference+!>ContentDocument
LinkedEntityId reference+!>Contact,Lead,Account,Task,Case,Opportunity,User
ShareType picklist40
Visibility picklist40""",
}
"""Fields by object, one a line: name, type with length, then marks: `!` needed to create, `=` read-only, `+` fixed
after creation, `%` choices are all there is, `?person` there with person accounts only, `>` what a reference names."""

SYSTEM = """Id id18 =
IsDeleted boolean =
CreatedDate datetime =
CreatedById reference=>User
LastModifiedDate datetime =
LastModifiedById reference=>User
SystemModstamp datetime ="""

_SOURCES = "Web;Phone Inquiry;Partner Referral;Purchased List;Other"
_TITLES = "Mr.;Ms.;Mrs.;Dr.;Prof."
_PRIORITIES = "High;Normal*;Low"
CHOICES: Mapping[tuple[str, str], str] = {
    **dict.fromkeys(((CONTACT, "Salutation"), (LEAD, "Salutation"), (ACCOUNT, "Salutation")), _TITLES),
    **dict.fromkeys(((CONTACT, "LeadSource"), (LEAD, "LeadSource"), (OPPORTUNITY, "LeadSource")), _SOURCES),
    (LEAD, "Status"): "Open - Not Contacted*;Working - Contacted;Closed - Converted;Closed - Not Converted",
    (TASK, "Status"): "Not Started*;In Progress;Completed;Waiting on someone else;Deferred",
    (TASK, "Priority"): _PRIORITIES,
    (TASK, "TaskSubtype"): "Task*;Email;ListEmail;Cadence;Call;LinkedIn",
    (TASK, "Type"): "Call;Meeting;Other",
    (TASK, "CallType"): "Internal;Inbound;Outbound",
    (CASE, "Status"): "New*;Working;Escalated;Closed",
    (CASE, "Priority"): "High;Medium*;Low",
    (CASE, "Origin"): "Email;Phone;Web",
    (OPPORTUNITY, "StageName"): "Prospecting;Qualification;Proposal/Price Quote;Closed Won;Closed Lost",
    ("OpportunityContactRole", "Role"): "Business User;Decision Maker;Evaluator;Other",
    ("ContentDocumentLink", "ShareType"): "V*;C;I",
    ("ContentDocumentLink", "Visibility"): "AllUsers*;InternalUsers;SharedUsers",
}
"""Choices of picklists; the star marks what a new record has."""
CLOSED: Mapping[str, frozenset[str]] = {
    TASK: frozenset({"Completed"}),
    CASE: frozenset({"Closed"}),
    OPPORTUNITY: frozenset({"Closed Won", "Closed Lost"}),
}
"""Choices that end a record."""
WITH_CURRENCY = (CONTACT, LEAD, ACCOUNT, CASE, OPPORTUNITY, TASK)
"""Objects that have CurrencyIsoCode in an organisation with several currencies."""
PERSON_MIRROR: Mapping[str, str] = {
    **{"FirstName": "FirstName", "LastName": "LastName", "Salutation": "Salutation", "Phone": "Phone"},
    **{"PersonEmail": "Email", "PersonMobilePhone": "MobilePhone", "PersonHomePhone": "HomePhone"},
    **{"PersonOtherPhone": "OtherPhone", "PersonAssistantPhone": "AssistantPhone"},
    **{"PersonTitle": "Title", "PersonBirthdate": "Birthdate", "PersonLeadSource": "LeadSource"},
    **{"PersonMailingStreet": "MailingStreet", "PersonMailingCity": "MailingCity"},
    **{"PersonMailingState": "MailingState", "PersonMailingPostalCode": "MailingPostalCode"},
    **{"PersonMailingCountry": "MailingCountry", "PersonHasOptedOutOfEmail": "HasOptedOutOfEmail"},
    **{"Description": "Description", "OwnerId": "OwnerId"},
}
"""What a person account and its hidden contact share: the account's field to the contact's."""
