namespace Pagewise.Cli.Tests;

/// <summary>What users get wrong: one clear line with its place, status 2.</summary>
public sealed class BadInputTests
{
    private static readonly string Student = Checkout.Example("student.touch.log");

    [Theory]
    [InlineData("check")]
    [InlineData("run")]
    public void AMissingFileIsNamed(string command) =>
        CommandRun.Of(command, "/no/such/recording.log").ShouldHaveFailedWith("/no/such/recording.log: cannot be opened");

    [Fact]
    public void AFolderIsNoRecording() => CommandRun.Of("check", "/tmp").ShouldHaveFailedWith("/tmp");

    [Fact]
    public void AnEmptyFileIsNoRecording()
    {
        using var file = new TemporaryFile("");
        CommandRun.Of("check", file.Path).ShouldHaveFailedWith("is empty");
    }

    [Fact]
    public void BinaryNoiseHasAPlace()
    {
        byte[] noise = new byte[10000];
        new Random(1).NextBytes(noise);
        using var file = new TemporaryFile(noise);
        CommandRun.Of("check", file.Path).ShouldHaveFailedWith(file.Path + ":");
    }

    [Fact]
    public void ACutLineHasAPlace()
    {
        string text = File.ReadAllText(Student);
        int cut = text.IndexOf("MAP_PRIVATE|MAP_ANONYMOUS", StringComparison.Ordinal) + 5;
        using var file = new TemporaryFile(text[..cut]);
        int line = text[..cut].Count(letter => letter == '\n') + 1;
        CommandRun run = CommandRun.Of("run", file.Path);
        run.Output.ShouldBeEmpty();
        run.ShouldHaveFailedWith($"{file.Path}:{line}:");
    }

    [Fact]
    public void ADamagedMapsLineHasAPlace()
    {
        string text = File.ReadAllText(Student).Replace("00401000-00402000 r-xp", "00401000-00402000 r-zp", StringComparison.Ordinal);
        using var file = new TemporaryFile(text);
        int line = text[..text.IndexOf("r-zp", StringComparison.Ordinal)].Count(letter => letter == '\n') + 1;
        CommandRun.Of("check", file.Path).ShouldHaveFailedWith($"{file.Path}:{line}:");
    }

    [Fact]
    public void WhereOneFileOfSeveralIsBadTheOthersAreStillChecked()
    {
        CommandRun run = CommandRun.Of("check", "/no/such/file", Student);
        run.Status.ShouldBe(2);
        run.Output.ShouldContain($"{Student}: ");
        run.Error.ShouldContain("/no/such/file: cannot be opened");
    }

    [Theory]
    [InlineData("memory: 0", ":1:9: memory: expected a size from 1 MiB to 16 TiB")]
    [InlineData("frobs: 1", ":1:1: unknown key 'frobs'")]
    [InlineData("cpus: many", ":1:7: cpus: expected a number from 1 to 64")]
    [InlineData("{[", ":2:1: ")]
    [InlineData("a: &a [*a, *a]", ":1:4: anchors and aliases are not allowed")]
    public void AHostileMachineFileHasAPlace(string text, string message)
    {
        using var file = new TemporaryFile(text);
        CommandRun.Of("run", Student, "--machine", file.Path).ShouldHaveFailedWith(file.Path + message);
    }

    [Fact]
    public void AMissingMachineFileIsNamed() =>
        CommandRun.Of("run", Student, "--machine", "/no/machine.yaml").ShouldHaveFailedWith("/no/machine.yaml: no such file");

    [Theory]
    [InlineData("vm.overcommit_memory", "expected key=value")]
    [InlineData("vm.no_such=1", "unknown key 'vm.no_such'")]
    [InlineData("memory=1 EiB", "expected a size")]
    public void AWrongSettingIsNamed(string setting, string message) =>
        CommandRun.Of("run", Student, "--set", setting).ShouldHaveFailedWith(message);

    [Fact]
    public void AMachineThatCannotBeIsRefused() =>
        CommandRun.Of("run", Student, "--set", "memory=1TiB", "--set", "page_tables=x86-32").ShouldHaveFailedWith("no such machine can be");

    [Theory]
    [InlineData("frobnicate")]
    [InlineData("run")]
    [InlineData("run", "a", "b")]
    [InlineData("check")]
    [InlineData("check", "--limit", "x", "file")]
    [InlineData("run", "file", "--touch", "everything")]
    [InlineData("record", "--", "ls")]
    [InlineData("record", "--pages", "--heap", "-o", "x", "--", "ls")]
    [InlineData("explain", "0x1000")]
    public void AWrongCommandLineIsOneLine(params string[] words) => CommandRun.Of(words).ShouldHaveFailedWith("");

    [Fact]
    public void AnAddressThatIsNoneIsNamed() =>
        CommandRun.Of("explain", "here", "--in", Student).ShouldHaveFailedWith("here: expected an address in hexadecimal");

    [Fact]
    public void ALineBeforeAnyProgramHasNothingToExplain() =>
        CommandRun.Of("explain", "0x1000", "--in", Student, "--at", "1").ShouldHaveFailedWith("no program runs at that line");

    [Fact]
    public void AProgramThatIsNotThereCannotBeRecorded() =>
        CommandRun.Of("record", "-o", "/tmp/pagewise-never-written.log", "--", "/no/such/program").ShouldHaveFailedWith("/no/such/program");

    [Fact]
    public void ACallOnMemoryThatWasNeverMappedIsADifferenceNotAFailure()
    {
        using var file = new TemporaryFile("# kernel 6.18.44; ASLR off\n1 munmap(0x10000, 4096) = 0\n1 mprotect(0x10000, 4096, PROT_READ) = 0\n");
        CommandRun run = CommandRun.Of("check", file.Path);
        run.Status.ShouldBe(1);
        run.Output.ShouldContain("mprotect: expected 0, got -1 ENOMEM");
    }

    [Fact]
    public void AbsurdNumbersAreValuesNotFailures()
    {
        using var file = new TemporaryFile("""
            # kernel 6.18.44; ASLR off
            1 mmap(0xffffffffffffffff, 18446744073709551615, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = -1 ENOMEM (Cannot allocate memory)
            1 munmap(0xfffffffffffff000, 18446744073709551615) = -1 EINVAL (Invalid argument)
            1 brk(0xffffffffffffffff) = 0x55555555a000
            1 mremap(0xfffffffffffff000, 18446744073709551615, 1, MREMAP_MAYMOVE) = -1 EINVAL (Invalid argument)
            1 mincore(0, 9223372036854775807, 0x1000) = -1 ENOMEM (Cannot allocate memory)

            """);
        CommandRun.Of("check", file.Path).Status.ShouldBeInRange(0, 1);
    }
}
