using Cluster.Node.Settings;

namespace Cluster.Node.Tests.Settings;

/// <summary>What becomes of the setting "journal": the connection to PostgreSQL.</summary>
public sealed class JournalSettingsTests
{
    [Theory]
    [InlineData("postgres://u:p@h/d", "h", null, "postgresql h:5432/d")]
    [InlineData("postgres://u:p@h:1/d", "h", null, "postgresql h:1/d")]
    [InlineData("postgres://u:p@a,b/d", "a:5432,b:5432", "primary", "postgresql a:5432,b:5432/d")]
    [InlineData("postgres://u:p@a:1,b:2,c/d?timeout=5", "a:1,b:2,c:5432", "primary", "postgresql a:1,b:2,c:5432/d")]
    [InlineData("postgres://[::1]:1,[::2]/d", "[::1]:1,[::2]:5432", "primary", "postgresql [::1]:1,[::2]:5432/d")]
    [InlineData("postgres://a,b/d?target_session_attrs=any", "a:5432,b:5432", "any", "postgresql a:5432,b:5432/d")]
    [InlineData("Host=a,b:2;Port=3;Database=d", "a,b:2", "primary", "postgresql a:3,b:2/d")]
    [InlineData("Host=a;Database=d", "a", null, "postgresql a:5432/d")]
    public void Several_servers_are_tried_and_the_primary_is_taken(
        string journal, string hosts, string? wanted, string described)
    {
        var options = new NodeOptions { Journal = journal };
        Assert.Null(JournalSettings.Validate(journal));
        var connection = JournalSettings.PostgreSql(options)!;
        Assert.Equal(hosts, connection.Host);
        Assert.Equal(wanted, connection.TargetSessionAttributes);
        Assert.Equal(described, JournalSettings.Describe(options));
    }
}
