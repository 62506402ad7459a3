"""What a field's name says it holds: `userPhoneNumber`, `home-phone` and `phones` are all phones.

A name is read as words, and the longest run of words at its end that is in the vocabulary decides:
`customer_email` is an e-mail address, `email_verified` says nothing.
"""

import re
from collections.abc import Iterator
from typing import TypeVar

from nightlatch.exchange.disclosure import DataClass

_V = TypeVar("_V")

_MAX_NAME = 128
_CACHE_SIZE = 4096
_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+|[^\W\d_a-zA-Z]+")

_VOCABULARY: dict[DataClass, str] = {
    DataClass.PHONE: """
        phone phonenumber phoneno phonenum telephone telephonenumber telephoneno tel telno telnumber
        mobile mobilenumber mobileno mobilephone mobilephonenumber cell cellphone cellnumber
        cellphonenumber msisdn fax faxnumber whatsapp whatsappnumber smsnumber contactnumber
        contactno callerid callernumber landline handphone telefon telefonnummer telefono telefone
        handynummer celular movil e164""",
    DataClass.EMAIL: "email emailaddress emailaddr mail mailaddress correo courriel emailid",
    DataClass.USERNAME: """
        username login loginname loginid nickname nick screenname handle userhandle
        preferredusername useralias""",
    DataClass.NAME: """
        firstname lastname fullname surname givenname familyname middlename maidenname forename
        realname legalname personname holdername accountholder accountholdername cardholder
        cardholdername customername patientname contactname recipientname ownername
        beneficiaryname membername guestname passengername employeename studentname vorname nachname
        nombrecompleto apellido""",
    DataClass.POSTAL_ADDRESS: """
        address addr addressline streetaddress street streetname homeaddress postaladdress
        shippingaddress billingaddress mailingaddress deliveryaddress residentialaddress
        fulladdress formattedaddress zip zipcode postcode postalcode plz strasse direccion""",
    DataClass.BIRTH_DATE: """
        birthdate dateofbirth dob birthday bday birthdt borndate bornon geburtsdatum
        fechanacimiento datenaissance""",
    DataClass.PAYMENT_CARD: """
        cardnumber cardno cardnum ccnumber ccnum creditcard creditcardnumber debitcard
        debitcardnumber pan primaryaccountnumber""",
    DataClass.IBAN: "iban ibannumber bankiban",
    DataClass.NATIONAL_ID: """
        ssn socialsecurity socialsecuritynumber nationalid nationalidnumber nationalidentitynumber
        nin nino nationalinsurance nationalinsurancenumber aadhaar aadhar aadhaarnumber pancard
        cpf pesel dni nie nif bsn burgerservicenummer codicefiscale fiscalcode taxid taxidnumber
        taxnumber tin personnummer personalnumber personalidentitynumber personalcode hetu cpr
        cprnumber fodselsnummer sin sinnumber rodnecislo curp nss insee nir steuerid
        steueridnummer ahv ahvnumber avs egn cnp oib jmbg emso isikukood nric mykad hkid tfn
        nhsnumber governmentid identitynumber identitycard identitycardnumber idcardnumber
        driverslicense driverslicensenumber driverlicense driverlicensenumber drivinglicence
        drivinglicencenumber tckimlik kimlikno""",
    DataClass.PASSPORT: "passport passportnumber passportno passportnum passportid",
    DataClass.GEOLOCATION: """
        lat latitude lng lon long longitude geolocation coordinate coordinates coord coords gps
        latlng latlon geopoint lastlocation currentlocation""",
    DataClass.IP_ADDRESS: """
        ip ipaddress ipaddr clientip remoteip userip loginip lastip sourceip srcip ipv4 ipv6
        remoteaddr remoteaddress clientaddress registrationip signupip""",
    DataClass.DEVICE_ID: """
        deviceid deviceuuid deviceuid deviceidentifier deviceserial deviceserialnumber imei meid
        imsi iccid udid idfa idfv gaid aaid androidid advertisingid macaddress macaddr mac
        hardwareid devicetoken pushtoken fcmtoken apnstoken registrationtoken""",
    DataClass.ACCOUNT_ID: """
        accountid accountsid accountuuid accountnumber accountno accountref userid useruuid userguid
        usernumber authyid customerid customeruuid customernumber customerno customerref memberid
        membernumber subscriberid subscribernumber personid patientid patientnumber employeeid
        employeenumber studentid profileid ownerid contactid guestid passengerid driverid
        policyholderid policynumber loyaltynumber uid vin licenseplate""",
    DataClass.PASSWORD_HASH: """
        password passwd pwd pass passwordhash passwordhashed hashedpassword passhash pwhash pwdhash
        passworddigest encryptedpassword cryptedpassword userpassword pin pinhash""",
    DataClass.TOTP_SEED: """
        totp totpsecret totpseed totpkey otpsecret otpseed otpkey mfasecret mfaseed mfakey
        twofactorsecret twofactorseed twofactorkey twofasecret twofaseed twofakey 2fasecret 2faseed
        2fakey 2fa authenticatorsecret authenticatorkey googleauthenticatorsecret
        authenticatorseed""",
    DataClass.JWT: "jwt jwttoken",
}
_MEANS_NOTHING = """
    walletaddress contractaddress webaddress serveraddress hostaddress memoryaddress bitcoinaddress
    ethaddress baseaddress clientid categoryid deviceuseragent ismobile hasphone"""
"""Endings that would be misread by their last word alone."""

_HINTS: dict[str, DataClass | None] = {
    word: data_class for data_class, words in _VOCABULARY.items() for word in words.split()
}
_HINTS.update((word, None) for word in _MEANS_NOTHING.split())

_words: dict[str, tuple[str, ...]] = {}
_hints: dict[str, DataClass | None] = {}


def word_set(text: str) -> frozenset[str]:
    """The words of a table written as prose."""
    return frozenset(text.split())


def name_words(name: str) -> tuple[str, ...]:
    """The name's words in lower case, numbers at its end left out: `addressLine2` is
    ("address", "line")."""
    words = _words.get(name)
    if words is None:
        found = [word.lower() for word in _WORD.findall(name[:_MAX_NAME])]
        while len(found) > 1 and found[-1].isdecimal():
            found.pop()
        words = tuple(found)
        _remember(_words, name, words)
    return words


def name_endings(name: str) -> Iterator[str]:
    """What the name ends in, longest first, each also in the singular: `user_phones` gives
    "userphones", "userphone", "phones", "phone"."""
    words = name_words(name)
    for start in range(len(words)):
        ending = "".join(words[start:])
        yield ending
        if ending.endswith("s") and not ending.endswith("ss"):
            yield ending.removesuffix("es") if ending.endswith("sses") else ending[:-1]


def name_hint(name: str) -> DataClass | None:
    """The class of data the name promises, or None when it promises none. 0.1 µs once seen."""
    try:
        return _hints[name]
    except KeyError:
        hint = next((_HINTS[ending] for ending in name_endings(name) if ending in _HINTS), None)
        _remember(_hints, name, hint)
        return hint


def _remember(cache: dict[str, _V], name: str, value: _V) -> None:
    # Names come from outside: a full cache starts afresh, which costs a microsecond a name.
    if len(cache) >= _CACHE_SIZE:
        cache.clear()
    cache[name] = value
