using System.CommandLine;
using Pagewise.Cli.Terminal;
using Pagewise.Kernel;
using Pagewise.Replay.Machines;

namespace Pagewise.Cli.Commands;

/// <summary>The options that choose the machine, shared by the commands that run one.</summary>
internal sealed class MachineOptions
{
    private readonly Option<string?> _file = new("--machine")
    {
        Description = "Machine file (YAML); what it does not say is as the recording's header says.",
        HelpName = "FILE",
    };

    private readonly Option<string[]> _settings = new("--set")
    {
        Description = "One setting, such as vm.overcommit_memory=2 or memory=512MiB; may be repeated.",
        HelpName = "KEY=VALUE",
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = false,
    };

    private readonly Option<ulong?> _seed = new("--seed")
    {
        Description = "Turns address-space randomisation on, with this seed.",
        HelpName = "N",
    };

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(_file);
        command.Add(_settings);
        command.Add(_seed);
    }

    /// <summary>The settings of <c>--set</c> as given.</summary>
    public IReadOnlyList<string> Settings(ParseResult parsed) => parsed.GetValue(_settings) ?? [];

    /// <summary><c>--seed</c> as given; null: not.</summary>
    public ulong? Seed(ParseResult parsed) => parsed.GetValue(_seed);

    /// <summary>The machine file as given; null: none.</summary>
    public string? File(ParseResult parsed) => parsed.GetValue(_file);

    /// <summary>What the options change about the machine of a recording. Wrong files and settings are found here, before any work.</summary>
    public Func<MachineSpec, MachineSpec> Configure(ParseResult parsed)
    {
        string? file = parsed.GetValue(_file);
        string[] settings = parsed.GetValue(_settings) ?? [];
        ulong? seed = parsed.GetValue(_seed);
        _ = ChangeAll(new MachineSpec());
        return ChangeAll;

        MachineSpec ChangeAll(MachineSpec spec) => Change(file is null ? spec : MachineFile.Apply(spec, file), seed, settings);
    }

    /// <summary>What <c>--seed</c> and <c>--set</c> change, after the machine file.</summary>
    public static MachineSpec Change(MachineSpec spec, ulong? seed, IEnumerable<string> settings)
    {
        if (seed is not null)
            spec = spec with { Seed = seed.Value, RandomizeVaSpace = 2 };
        foreach (string setting in settings)
            spec = MachineSetting.Set(spec, setting);
        return spec;
    }
}
