using Akka.Actor;
using Akka.Configuration;
using Cluster.Actors.Journal;
using Cluster.Actors.Journal.Rows;
using Npgsql;

namespace Cluster.Actors.Tests.Journal;

/// <summary>The record, its serializer, and the configuration that brings both.</summary>
public sealed class JournalRecordTests
{
    [Theory]
    [InlineData(false, "r")]
    [InlineData(true, "s")]
    public async Task A_record_survives_its_serializer(bool isSnapshot, string manifest)
    {
        using var system = ActorSystem.Create("serializer", GroupCommitJournalConfig.Sqlite("unused"));
        var serializer = Assert.IsType<JournalRecordSerializer>(
            system.Serialization.FindSerializerForType(typeof(JournalRecord)));
        var record = new JournalRecord(new byte[] { 1, 2, 3 }, isSnapshot);

        Assert.Equal(7701, serializer.Identifier);
        Assert.Equal(manifest, serializer.Manifest(record));
        var back = Assert.IsType<JournalRecord>(
            system.Serialization.Deserialize(serializer.ToBinary(record), serializer.Identifier, manifest));
        Assert.Equal(record.Payload.ToArray(), back.Payload.ToArray());
        Assert.Equal(isSnapshot, back.IsSnapshot);
        Assert.Throws<ArgumentException>(() => serializer.FromBinary([], "x"));
        await system.Terminate();
    }

    [Fact]
    public void A_connection_string_keeps_its_special_characters()
    {
        var text = new NpgsqlConnectionStringBuilder { Host = "h", Password = "a\"b\\c;${x}#\t'=" }.ToString();
        var config = GroupCommitJournalConfig.PostgreSql(text).GetConfig(GroupCommitJournalConfig.PluginId);

        Assert.Equal(text, config.GetString("connection-string"));
    }

    [Theory]
    [InlineData("provider-name = Oracle", "Oracle")]
    [InlineData("group-commit.max-rows = 0", "at least 1")]
    [InlineData("default.journal.use-writer-uuid-column = false", "writer_uuid")]
    public void An_unsupported_setting_is_refused(string setting, string named)
    {
        var config = ConfigurationFactory.ParseString(setting)
            .WithFallback(GroupCommitJournalConfig.Sqlite("unused").GetConfig(GroupCommitJournalConfig.PluginId))
            .WithFallback(Akka.Persistence.Sql.SqlPersistence.DefaultJournalConfiguration);

        var refused = Assert.Throws<ConfigurationException>(() => GroupCommitSettings.From(config));
        Assert.Contains(named, refused.Message);
    }
}
