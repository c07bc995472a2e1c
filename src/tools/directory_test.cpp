#include "tools/directory.hpp"

#include <gtest/gtest.h>

namespace parley::tools {
namespace {

/// Runs what is posted at once: the test is the call's worker.
struct Here final : speech::Executor {
  void post(std::move_only_function<void()> work) override { work(); }
};

struct Two final : ExtensionDirectory {
  void look_up(std::string query, std::size_t limit, Found found) override {
    asked = query, bound = limit;
    found(entries);
  }
  std::vector<ExtensionEntry> entries{{"2001", "Support", "available"}, {"2002", "Anna \"A\"", "busy"}};
  std::string asked;
  std::size_t bound = 0;
};

struct DirectoryTool : ::testing::Test {
  DirectoryTool() {
    context.executor = std::make_shared<Here>();
    context.extensions = &directory;
  }
  std::string run(std::string arguments) {
    std::string result;
    make_directory()->run(std::move(arguments), context, [&](std::string text) { result = std::move(text); });
    return result;
  }
  Two directory;
  ToolContext context;
};

TEST_F(DirectoryTool, SaysWhoThereIs) {
  directory.entries.resize(1);

  EXPECT_EQ(run(R"({"query":"support"})"),
            R"({"extensions":[{"extension":"2001","name":"Support","presence":"available"}]})");
  EXPECT_EQ(directory.asked, "support");
}

TEST_F(DirectoryTool, AsksForEverybodyWithoutAQuery) {
  EXPECT_EQ(run("").find("error"), std::string::npos);
  EXPECT_EQ(directory.asked, "");
  EXPECT_EQ(directory.bound, 10u);
}

TEST_F(DirectoryTool, NamesNoMoreThanAnybodyWantsToHear) {
  directory.entries.assign(500, {"1", "x", "offline"});

  EXPECT_LT(run("{}").size(), 1'000u);
}

TEST_F(DirectoryTool, RefusesWhatIsNoQuery) {
  EXPECT_NE(run(R"({"query":7})").find("invalid_arguments"), std::string::npos);
  EXPECT_NE(run(R"({"query":")" + std::string(200, 'x') + "\"}").find("invalid_arguments"), std::string::npos);
  EXPECT_NE(run("[").find("invalid_arguments"), std::string::npos);
  EXPECT_EQ(directory.bound, 0u) << "nobody was asked";
}

TEST_F(DirectoryTool, WithoutADirectorySaysSo) {
  context.extensions = nullptr;

  EXPECT_NE(run("{}").find("no_directory"), std::string::npos);
}

}  // namespace
}  // namespace parley::tools
