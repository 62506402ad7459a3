"""Words that name places of an API rather than records in it.

`/users/me` and `/users/settings` are doors of their own however many user names are seen beside
them. The list is what the paths of public API descriptions are made of; a compound of up to three
of these words (`forgot-password`, `onboardingStatus`) counts as a word too.
"""

import re

from nightlatch.exchange.names import name_words, word_set

_LONGEST_COMPOUND = 3
_VERSION = re.compile(r"v?[0-9]{1,2}(?:\.[0-9]{1,3}){1,2}|v[0-9]{1,3}(?:(?:alpha|beta|rc)[0-9]*)?")

WORDS = word_set("""
    a about abuse accept access account accounts acl action actions activate activation active
    activities activity actuator ad add addon addons address addresses admin admins ads affiliates
    agent agents agreement agreements ai alert alerts alias aliases all analysis analytics and
    android announcements anonymous api apis app application applications apply appointment
    appointments apps approve approvals archive archived area areas article articles assets assign
    assistant attachment attachments attributes auction audience audio audit auth authenticate
    authentication authorization authorize authors autocomplete availability available avatar
    avatars award backend backup backups badge badges balance balances ban bank banks banner
    banners base basic basket batch batches best beta billing bills bin blob block blocked blocks
    blog blogs board boards body book booking bookings bookmarks books bot bots branch branches
    brand brands broadcast bucket buckets budget budgets build builds bulk business button buy by
    cache calculate calendar calendars call callback callbacks calls campaign campaigns cancel
    capabilities capture car card cards cars cart carts cases cash catalog catalogue categories
    category cdn certificate certificates change changelog changes channel channels charge charges
    charts chat chats check checkin checkout children cities city claim claims class classes clear
    client clients clone close closed cloud clusters cms code codes collection collections color
    comment comments commit commits community companies company compare complete completed compose
    computer conditions config configs configuration confirm confirmation connect connected
    connection connections console contact contacts content contents contract contracts
    conversation conversations convert copy core cost count counters countries country coupon
    coupons course courses cover create created credentials credit credits cron csrf css csv
    currencies current currency custom customer customers daily dashboard dashboards data database
    databases date dates day days deactivate debug decline default delete deleted deliveries
    delivery demo departments dependencies deploy deployment deployments deposit description
    destinations detail details dev developer developers device devices diagnostics diff digest
    direct directory disable discount discounts discover discovery discussion dispatch disputes
    dns doc docs document documents domain domains download downloads draft drafts driver drivers
    drop duplicate e echo edit editor elements email emails embed employee employees enable end
    endpoint endpoints engine enroll entities entries entry environment environments error errors
    escalate estimate evaluate event events exams exchange execute exists expenses experiments
    explore export exports extensions external extra faces facets facts faq favicon favorite
    favorites favourites feature features fee feed feedback feeds fetch field fields file files
    filter filters finance find flag flags flights folder folders follow followers following
    forecast forgot form forms forum friend friends from full function functions fund funds
    galleries gallery game games gateway general generate geo geocode get gift global gps grant
    grants graph graphql group groups guest guests guide guides health healthcheck healthz
    heartbeat help hidden highlights history home hook hooks host hosts hotels hour hours html
    http hub i icon icons id identities identity ids image images import imports in inbox incident
    incidents index info information init insights install instance instances instructions
    integration integrations interactions interest internal inventory invitation invitations
    invite invites invoice invoices ios ip is issue issues item items java job jobs join js json
    jwks jwt key keys keyword keywords kyc label labels language languages last latest launch
    layout lead leaderboard leads leave legal lessons level levels library license licenses like
    liked likes limit limits line lines link links list listing listings lists live loan loans
    local locale locales locate location locations lock log logged login logo logos logout logs
    lookup loyalty mail main maintenance manage management manager managers manifest map maps mark
    market markets master match matches me media meeting meetings member members membership
    memberships memory menu menus merchant merchants merge message messages meta metadata methods
    metrics mfa migrate migrations mine mobile mode model models moderation modules monitor
    monitoring month monthly move movies multi music mute my name names native nearby network
    networks new news newsletter next node nodes note notes notice notification notifications
    notify now number numbers oauth object objects of off offer offers office offline on
    onboarding online open openapi operations operator operators opt options or order orders org
    organisation organisations organization organizations orgs otp out outbox overview owner
    owners pack package packages page pages paid pair panel parameters parent participants partner
    partners parts party passkeys password passwords path patient patients pause pay payment
    payments payout payouts pdf peers pending people performance period permission permissions
    person persons phone phones photo photos picture pictures pin ping pipeline pipelines places
    plan plans platform play player players playlist playlists plugin plugins podcasts point
    points policies policy poll polls pool pools popular portal portfolio position positions post
    posts preference preferences preview previous price prices pricing print priority privacy
    private process processes product production products profile profiles program programs
    progress project projects promo promotion promotions properties property protected provider
    providers provision proxy public publish published publishers pull purchase purchases push put
    qr queries query question questions queue queues quick quiz quota quotas quote quotes random
    range rank rankings rate rates rating ratings raw react read reader readiness ready readyz
    receipt receipts receive recent recipes recipients recommendations recommended reconcile
    record recordings records recover recovery redeem redirect redirects ref reference references
    referral referrals refresh refund refunds region regions register registration registrations
    registry reject related relations release releases reload reminder reminders remote remove
    rename renew rent repair reply replies repo report reports repos repositories repository
    request requests required requirements resend reservation reservations reset resolve resource
    resources respond response responses rest restaurants restart restore result results resume
    retry return returns revenue reverse review reviews revisions revoke reward rewards roles role
    room rooms root route routes rpc rss rule rules run runs sale sales sample samples sandbox
    save saved scan schedule scheduled schedules schema schemas school schools scope scopes score
    scores screen script scripts sdk search searches season seat seats secret secrets section
    sections secure security segment segments select self sell send sender seo sequence series
    server servers service services session sessions set setting settings settlement settlements
    setup share shared shares shift shifts ship shipment shipments shipping shop shops shop show
    sign signature signatures signin signout signup signups similar simulate site sitemap sites
    size sizes skills sku skus slots sms snapshot snapshots social software sort source sources
    space spaces spec speed split sports sql stacks staff stage standings start starred state
    statement statements states static station stations statistics stats status step steps stock
    stocks stop storage store stores stories story stream streams student students styles subjects
    submission submissions submit subscribe subscriber subscribers subscription subscriptions
    success suggest suggestions summaries summary support surveys suspend swagger switch sync sys
    system systems table tables tag tags target targets task tasks tax taxes taxonomies taxonomy
    teacher teachers team teams telemetry template templates tenant tenants term terms test tests
    text theme themes thread threads thumbnail ticket tickets time timeline timezones timer tip
    title to today todo todos token tokens tool tools top topic topics totp tour trace track
    tracking tracks trade trades train training transaction transactions transfer transfers
    transition translate translations transport travel trending trends trial trigger trips
    twofactor type types unarchive unblock undo unfollow unit units unlock unpublish unread
    unregister unsubscribe update updated updates upgrade upload uploads uptime url urls usage
    user username usernames users v validate validation value values variables variant variants
    vault vehicle vehicles vendor vendors verification verify version versions video videos view
    viewer viewers views virtual visit visitors visits voice volume vote votes vouchers wait
    wallet wallets warehouse warehouses warning watch watchers watchlist weather web webhook
    webhooks website websites week weekly welcome well widget widgets wiki wishlist withdraw
    withdrawals word words work worker workers workflow workflows workspace workspaces xml year
    yearly zone zones
""")


def is_word(segment: str) -> bool:
    """True for a path segment that names a place: a known word or compound, or a version."""
    if segment in WORDS:
        return True
    if any(char.isdecimal() for char in segment):
        return _VERSION.fullmatch(segment) is not None
    words = name_words(segment)
    return 0 < len(words) <= _LONGEST_COMPOUND and all(word in WORDS for word in words)
