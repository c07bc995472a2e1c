// For the unit tests.
#pragma once
#include "std_pch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
