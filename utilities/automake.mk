# SPDX-License-Identifier: Apache-2.0

EXTRA_DIST += \
	utilities/dev \
	utilities/dev.d/build.sh \
	utilities/dev.d/check.sh \
	utilities/dev.d/cppcheck \
	utilities/dev.d/lab.sh \
	utilities/dev.d/packages \
	utilities/dev.d/progress.sh \
	utilities/dev.d/setup.sh
