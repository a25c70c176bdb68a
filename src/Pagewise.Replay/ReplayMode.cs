namespace Pagewise.Replay;

/// <summary>What happens when the model's answer is not the recorded one.</summary>
public enum ReplayMode
{
    /// <summary>
    /// The model goes its own way and the recording's later addresses are mapped to the model's: the recording runs on
    /// another layout, kernel or machine.
    /// </summary>
    Free,

    /// <summary>
    /// Every recorded result has to come out. A difference is counted, and the model is then brought to the recorded
    /// state, so that one difference does not make the next.
    /// </summary>
    Check,
}
