"""Names of HTML that decide whether a text runs script."""

_EVENTS = """
abort activate afterprint afterscriptexecute animationcancel animationend animationiteration
animationstart auxclick beforecopy beforecut beforeinput beforematch beforepaste beforeprint
beforescriptexecute beforetoggle beforeunload beforexrselect begin blur bounce cancel canplay
canplaythrough change click close command contentvisibilityautostatechange contextmenu copy
cuechange cut datasetcomplete dblclick drag dragend dragenter dragexit dragleave dragover
dragstart drop durationchange end ended error filterchange finish focus focusin focusout
formdata fullscreenchange fullscreenerror gesturechange gestureend gesturestart gotpointercapture
hashchange input invalid keydown keypress keyup load loadeddata loadedmetadata loadend
loadstart lostpointercapture message messageerror mousedown mouseenter mouseleave mousemove
mouseout mouseover mouseup mousewheel mozfullscreenchange offline online orientationchange
outofsync pagehide pagereveal pageshow pageswap paste pause play playing pointercancel
pointerdown pointerenter pointerleave pointermove pointerout pointerover pointerrawupdate
pointerup popstate progress propertychange ratechange readystatechange rejectionhandled repeat
reset resize rowexit scroll scrollend scrollsnapchange scrollsnapchanging search
securitypolicyviolation seeked seeking select selectionchange selectstart show slotchange stalled
start storage submit suspend syncrestored timeout timeupdate toggle touchcancel touchend
touchmove touchstart transitioncancel transitionend transitionrun transitionstart
unhandledrejection unload volumechange waiting webkitanimationend webkitanimationiteration
webkitanimationstart webkitfullscreenchange webkitmouseforcechanged webkitmouseforcedown
webkitplaybacktargetavailabilitychanged webkittransitionend webkitwillrevealbottom wheel zoom
"""
HANDLERS = frozenset("on" + event for event in _EVENTS.split())
"""Every event that a browser has, or had, a handler attribute for."""

FOREIGN = {
    "object": ("data", "classid", "codebase"),
    "embed": ("src", "code"),
    "applet": ("code", "codebase", "archive"),
    "iframe": ("src",),
    "frame": ("src",),
    "link": ("href",),
    "base": ("href",),
    "layer": ("src",),
    "ilayer": ("src",),
    "bgsound": ("src",),
    "xml": ("src",),
    "portal": ("src",),
    "import": ("implementation",),
    "form": ("action",),
    "meta": ("content",),
}
"""Elements that load or send elsewhere, and by which attributes."""
