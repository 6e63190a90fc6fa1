#!/bin/sh
# The browser test drives Debian's Chromium. Installs it where that is allowed; elsewhere the test says that
# it is skipped.
for name in chromium chromium-browser google-chrome; do
    command -v "$name" >/dev/null 2>&1 && exit 0
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing Chromium for the browser test"
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core; } >/dev/null 2>&1 \
        || echo "Chromium could not be installed: the browser test will be skipped"
else
    echo "No Chromium and no right to install it: the browser test will be skipped"
fi
exit 0
