using System.Text.Json.Nodes;
using Pagewise.Kernel;
using Pagewise.Replay.Machines;

namespace Pagewise.Replay.Tests.Machines;

/// <summary>The schema that editors use and the parser say the same.</summary>
public sealed class MachineSchemaTests
{
    private static readonly string File = Path.Combine(Repository.Root, "machines", "machine.schema.json");

    // Something of every kind of value, right for some key, and wrong for others.
    private static readonly string[] Samples =
    [
        "0", "1", "2", "3", "7", "8", "64", "65", "100", "4096", "8192", "1048576", "2097153", "16777217", "2147483648", "18446744073709551615", "-1", "1.5", "6.1", "6.18", "256 MiB", "512M", "300m",
        "300Mi", "1 TiB", "17 TiB", "max", "unlimited", "true", "false", "never", "madvise", "zen4", "skylake", "x86-64", "nvme", "hdd", "80 us", "8.3ms", "550 MB/s", "256 256 32 0 0",
        "4096 126976 126976 117719", "128 MiB, 256 MiB", "[128 MiB, 256 MiB]", "[1, 2]", "[1, 2, 3, 4, 5, 6]", "words of no sense", "''", "{}", "{ a: 1 }",
    ];

    private static readonly string[] EntryNames = ["n0.DMA32", "n63.Normal", "n64.DMA", "vda", "a.b", "/web", "web/child", "/", "..", "/a//b"];

    [Fact]
    public void TheSchemaThatShipsIsTheParsers()
    {
        if (Environment.GetEnvironmentVariable("PAGEWISE_UPDATE_EXPECTATIONS") == "1")
            System.IO.File.WriteAllText(File, MachineSchema.Text());
        System.IO.File.ReadAllText(File).ShouldBe(MachineSchema.Text());
    }

    [Fact]
    public void EveryMachineThatShipsMeetsTheSchemaAndNamesIt()
    {
        foreach (string machine in Directory.GetFiles(Path.GetDirectoryName(File)!, "*.yaml"))
        {
            string text = System.IO.File.ReadAllText(machine);
            text.ShouldStartWith("# yaml-language-server: $schema=machine.schema.json\n");
            JsonSchemaCheck.Accepts(MachineSchema.Text(), text).ShouldBeTrue(machine);
        }
    }

    [Fact]
    public void WhatTheParserTakesAnEditorTakesAndTheNamesAreTheSame()
    {
        string schema = MachineSchema.Text();
        int taken = 0;
        foreach (string document in Documents())
        {
            bool parsed = IsTaken(document);
            bool accepted = JsonSchemaCheck.Accepts(schema, document);
            if (parsed)
                accepted.ShouldBeTrue($"the parser takes, the schema refuses:\n{document}");
            taken += parsed ? 1 : 0;
        }

        taken.ShouldBeGreaterThan(300);
    }

    /// <summary>Where the schema can say all there is, it refuses what the parser refuses.</summary>
    [Theory]
    [InlineData("memorie: 1 GiB")]
    [InlineData("cpus: 65")]
    [InlineData("cpus: many")]
    [InlineData("thp: sometimes")]
    [InlineData("warm_page_cache: maybe")]
    [InlineData("memory: 1 elephant")]
    [InlineData("sysctl:\n  vm.swappiness_of_cats: 1")]
    [InlineData("sysctl:\n  vm.overcommit_memory: 3")]
    [InlineData("limits:\n  stack: high")]
    [InlineData("zones:\n  n0.Nowhere: 1 1 1 1")]
    [InlineData("zones:\n  n0.DMA: 1 1 1")]
    [InlineData("block_devices:\n  vda: floppy")]
    [InlineData("block_devices:\n  vda: { read_latency: soon }")]
    [InlineData("block_devices:\n  vda: { colour: 5 }")]
    [InlineData("cgroups:\n  /web: { memory.mx: 5 }")]
    [InlineData("cgroups:\n  /web: { memory.max: much }")]
    [InlineData("cgroups:\n  /web: 300M")]
    public void BothRefuse(string document)
    {
        IsTaken(document).ShouldBeFalse();
        JsonSchemaCheck.Accepts(MachineSchema.Text(), document).ShouldBeFalse();
    }

    private static IEnumerable<string> Documents()
    {
        JsonObject properties = JsonNode.Parse(MachineSchema.Text())!["properties"]!.AsObject();
        foreach ((string key, JsonNode? schema) in properties)
        {
            foreach (string sample in Samples)
                yield return $"{key}: {sample}\n";
            foreach ((string name, _) in schema!["properties"]?.AsObject() ?? [])
            {
                foreach (string sample in Samples)
                    yield return $"{key}:\n  {name}: {sample}\n";
            }

            foreach ((_, JsonNode? entry) in schema["patternProperties"]?.AsObject() ?? [])
            {
                IEnumerable<string> fields = (entry!["properties"] ?? entry["anyOf"]?.AsArray().Select(one => one!["properties"]).FirstOrDefault(one => one is not null))?.AsObject().Select(field => field.Key) ?? [];
                foreach (string name in EntryNames)
                {
                    foreach (string sample in Samples)
                    {
                        yield return $"{key}:\n  {name}: {sample}\n";
                        foreach (string field in fields)
                            yield return $"{key}:\n  {name}:\n    {field}: {sample}\n";
                    }
                }
            }
        }
    }

    private static bool IsTaken(string document)
    {
        try
        {
            MachineFile.Apply(new MachineSpec(), "m.yaml", document);
            return true;
        }
        catch (MachineFileException)
        {
            return false;
        }
    }
}
