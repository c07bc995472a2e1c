#include "app/agents.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace parley::app {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct AgentsTest : ::testing::Test {
  AgentsTest() {
    config.data = fs::temp_directory_path() / ("parley-agents-" + std::to_string(::getpid()));
    config.agents = {{.extension = "2001", .name = "Support", .password = "", .queues = {"help"}, .supervisor = false},
                     {.extension = "2002", .name = "", .password = "secret", .queues = {}, .supervisor = true}};
    config.users = {{"door", "opensesame"}};
  }
  ~AgentsTest() override { fs::remove_all(config.data); }

  std::vector<std::string> look_up(const std::string& query, std::size_t limit = 10) {
    const call::Directory directory{directory_entries(config), [](auto work) { work(); }, [] { return WallTime{}; },
                                    nullptr};
    std::vector<std::string> names;
    AgentExtensions{directory}.look_up(query, limit, [&](auto entries) {
      for (const auto& entry : entries) names.push_back(entry.extension + " " + entry.name + " " + entry.presence);
    });
    return names;
  }

  Config config;
};

TEST_F(AgentsTest, WhoHasNoPasswordGetsOneThatIsKept) {
  const auto made = keep_agent_passwords(config);

  ASSERT_TRUE(made);
  ASSERT_EQ(made->size(), 1u);
  EXPECT_EQ(made->at("2001").size(), 16u);
  EXPECT_EQ(*keep_agent_passwords(config), *made) << "at the next start, too";
}

TEST_F(AgentsTest, APasswordThatCannotBeKeptIsTold) {
  std::ofstream{config.data} << "a file where the folder should be";

  const auto made = keep_agent_passwords(config);

  ASSERT_FALSE(made);
  EXPECT_THAT(made.error(), ::testing::HasSubstr("agent-2001-password"));
}

TEST_F(AgentsTest, AgentsAndTelephonesHaveAccountsAndOnlyAgentsAreAgents) {
  const auto accounts = make_accounts(config, {{"2001", "made"}});

  EXPECT_TRUE(accounts->matches("2001", "made"));
  EXPECT_TRUE(accounts->matches("2002", "secret"));
  EXPECT_TRUE(accounts->matches("door", "opensesame"));
  EXPECT_FALSE(accounts->matches("2001", ""));
  EXPECT_FALSE(accounts->matches("nobody", ""));
  EXPECT_TRUE(accounts->is_agent("2001"));
  EXPECT_FALSE(accounts->is_agent("door"));
}

TEST_F(AgentsTest, PeopleAreFoundByExtensionOrAPartOfTheirName) {
  EXPECT_THAT(look_up("2001"), ElementsAre("2001 Support offline"));
  EXPECT_THAT(look_up("SUPP"), ElementsAre("2001 Support offline"));
  EXPECT_THAT(look_up("200"), ElementsAre("2002 2002 offline")) << "without a name, the extension is it";
  EXPECT_THAT(look_up("nobody"), IsEmpty());
  EXPECT_EQ(look_up("").size(), 2u);
  EXPECT_EQ(look_up("", 1).size(), 1u);
}

}  // namespace
}  // namespace parley::app
