import * as $protobuf from "protobufjs/minimal.js";
import Long from "long";

/** Namespace realtime. */
export namespace realtime {

    /**
     * Properties of an ArbOpportunity.
     * @deprecated Use realtime.ArbOpportunity.$Properties instead.
     */
    interface IArbOpportunity extends realtime.ArbOpportunity.$Properties {
    }

    /** Represents an ArbOpportunity. */
    class ArbOpportunity {

        /**
         * Constructs a new ArbOpportunity.
         * @param [properties] Properties to set
         */
        constructor(properties?: realtime.ArbOpportunity.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** ArbOpportunity version. */
        version: string;

        /** ArbOpportunity slot. */
        slot: Long;

        /** ArbOpportunity txSignature. */
        txSignature: string;

        /** ArbOpportunity netSol. */
        netSol: number;

        /** ArbOpportunity classification. */
        classification: string;

        /** ArbOpportunity pLandEst. */
        pLandEst: number;

        /** ArbOpportunity tipLadder. */
        tipLadder: number[];

        /** ArbOpportunity bundleId. */
        bundleId: string;

        /** ArbOpportunity raw. */
        raw: Uint8Array;

        /**
         * Encodes the specified ArbOpportunity message. Does not implicitly {@link realtime.ArbOpportunity.verify|verify} messages.
         * @param message ArbOpportunity message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: realtime.ArbOpportunity.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes an ArbOpportunity message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {realtime.ArbOpportunity & realtime.ArbOpportunity.$Shape} ArbOpportunity
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): realtime.ArbOpportunity & realtime.ArbOpportunity.$Shape;
    }

    namespace ArbOpportunity {

        /** Properties of an ArbOpportunity. */
        interface $Properties {

            /** ArbOpportunity version */
            version?: (string|null);

            /** ArbOpportunity slot */
            slot?: (Long|null);

            /** ArbOpportunity txSignature */
            txSignature?: (string|null);

            /** ArbOpportunity netSol */
            netSol?: (number|null);

            /** ArbOpportunity classification */
            classification?: (string|null);

            /** ArbOpportunity pLandEst */
            pLandEst?: (number|null);

            /** ArbOpportunity tipLadder */
            tipLadder?: (number[]|null);

            /** ArbOpportunity bundleId */
            bundleId?: (string|null);

            /** ArbOpportunity raw */
            raw?: (Uint8Array|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of an ArbOpportunity. */
        type $Shape = realtime.ArbOpportunity.$Properties;
    }

    /**
     * Properties of a MevOpportunity.
     * @deprecated Use realtime.MevOpportunity.$Properties instead.
     */
    interface IMevOpportunity extends realtime.MevOpportunity.$Properties {
    }

    /** Represents a MevOpportunity. */
    class MevOpportunity {

        /**
         * Constructs a new MevOpportunity.
         * @param [properties] Properties to set
         */
        constructor(properties?: realtime.MevOpportunity.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** MevOpportunity version. */
        version: string;

        /** MevOpportunity slot. */
        slot: Long;

        /** MevOpportunity attacker. */
        attacker: string;

        /** MevOpportunity netSol. */
        netSol: number;

        /** MevOpportunity type. */
        type: string;

        /** MevOpportunity pLandEst. */
        pLandEst: number;

        /** MevOpportunity tipLadder. */
        tipLadder: number[];

        /** MevOpportunity bundleId. */
        bundleId: string;

        /** MevOpportunity raw. */
        raw: Uint8Array;

        /**
         * Encodes the specified MevOpportunity message. Does not implicitly {@link realtime.MevOpportunity.verify|verify} messages.
         * @param message MevOpportunity message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: realtime.MevOpportunity.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a MevOpportunity message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {realtime.MevOpportunity & realtime.MevOpportunity.$Shape} MevOpportunity
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): realtime.MevOpportunity & realtime.MevOpportunity.$Shape;
    }

    namespace MevOpportunity {

        /** Properties of a MevOpportunity. */
        interface $Properties {

            /** MevOpportunity version */
            version?: (string|null);

            /** MevOpportunity slot */
            slot?: (Long|null);

            /** MevOpportunity attacker */
            attacker?: (string|null);

            /** MevOpportunity netSol */
            netSol?: (number|null);

            /** MevOpportunity type */
            type?: (string|null);

            /** MevOpportunity pLandEst */
            pLandEst?: (number|null);

            /** MevOpportunity tipLadder */
            tipLadder?: (number[]|null);

            /** MevOpportunity bundleId */
            bundleId?: (string|null);

            /** MevOpportunity raw */
            raw?: (Uint8Array|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a MevOpportunity. */
        type $Shape = realtime.MevOpportunity.$Properties;
    }

    /**
     * Properties of a BundleOutcome.
     * @deprecated Use realtime.BundleOutcome.$Properties instead.
     */
    interface IBundleOutcome extends realtime.BundleOutcome.$Properties {
    }

    /** Represents a BundleOutcome. */
    class BundleOutcome {

        /**
         * Constructs a new BundleOutcome.
         * @param [properties] Properties to set
         */
        constructor(properties?: realtime.BundleOutcome.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** BundleOutcome bundleId. */
        bundleId: string;

        /** BundleOutcome landed. */
        landed: boolean;

        /** BundleOutcome tipLamports. */
        tipLamports: Long;

        /** BundleOutcome path. */
        path: string;

        /** BundleOutcome leader. */
        leader: string;

        /** BundleOutcome simulated. */
        simulated: boolean;

        /** BundleOutcome reason. */
        reason: string;

        /** BundleOutcome module. */
        module: string;

        /** BundleOutcome slot. */
        slot: Long;

        /**
         * Encodes the specified BundleOutcome message. Does not implicitly {@link realtime.BundleOutcome.verify|verify} messages.
         * @param message BundleOutcome message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: realtime.BundleOutcome.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a BundleOutcome message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {realtime.BundleOutcome & realtime.BundleOutcome.$Shape} BundleOutcome
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): realtime.BundleOutcome & realtime.BundleOutcome.$Shape;
    }

    namespace BundleOutcome {

        /** Properties of a BundleOutcome. */
        interface $Properties {

            /** BundleOutcome bundleId */
            bundleId?: (string|null);

            /** BundleOutcome landed */
            landed?: (boolean|null);

            /** BundleOutcome tipLamports */
            tipLamports?: (Long|null);

            /** BundleOutcome path */
            path?: (string|null);

            /** BundleOutcome leader */
            leader?: (string|null);

            /** BundleOutcome simulated */
            simulated?: (boolean|null);

            /** BundleOutcome reason */
            reason?: (string|null);

            /** BundleOutcome module */
            module?: (string|null);

            /** BundleOutcome slot */
            slot?: (Long|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a BundleOutcome. */
        type $Shape = realtime.BundleOutcome.$Properties;
    }

    /**
     * Properties of a MetricsUpdate.
     * @deprecated Use realtime.MetricsUpdate.$Properties instead.
     */
    interface IMetricsUpdate extends realtime.MetricsUpdate.$Properties {
    }

    /** Represents a MetricsUpdate. */
    class MetricsUpdate {

        /**
         * Constructs a new MetricsUpdate.
         * @param [properties] Properties to set
         */
        constructor(properties?: realtime.MetricsUpdate.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** MetricsUpdate hotpathP50. */
        hotpathP50: number;

        /** MetricsUpdate hotpathP99. */
        hotpathP99: number;

        /** MetricsUpdate sendP99. */
        sendP99: number;

        /** MetricsUpdate landedPct. */
        landedPct: number;

        /** MetricsUpdate pnl_1h. */
        pnl_1h: number;

        /** MetricsUpdate module. */
        module: string;

        /** MetricsUpdate instance. */
        instance: string;

        /** MetricsUpdate paper. */
        paper: boolean;

        /**
         * Encodes the specified MetricsUpdate message. Does not implicitly {@link realtime.MetricsUpdate.verify|verify} messages.
         * @param message MetricsUpdate message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: realtime.MetricsUpdate.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a MetricsUpdate message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {realtime.MetricsUpdate & realtime.MetricsUpdate.$Shape} MetricsUpdate
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): realtime.MetricsUpdate & realtime.MetricsUpdate.$Shape;
    }

    namespace MetricsUpdate {

        /** Properties of a MetricsUpdate. */
        interface $Properties {

            /** MetricsUpdate hotpathP50 */
            hotpathP50?: (number|null);

            /** MetricsUpdate hotpathP99 */
            hotpathP99?: (number|null);

            /** MetricsUpdate sendP99 */
            sendP99?: (number|null);

            /** MetricsUpdate landedPct */
            landedPct?: (number|null);

            /** MetricsUpdate pnl_1h */
            pnl_1h?: (number|null);

            /** MetricsUpdate module */
            module?: (string|null);

            /** MetricsUpdate instance */
            instance?: (string|null);

            /** MetricsUpdate paper */
            paper?: (boolean|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a MetricsUpdate. */
        type $Shape = realtime.MetricsUpdate.$Properties;
    }

    /**
     * Properties of a TrainingStatus.
     * @deprecated Use realtime.TrainingStatus.$Properties instead.
     */
    interface ITrainingStatus extends realtime.TrainingStatus.$Properties {
    }

    /** Represents a TrainingStatus. */
    class TrainingStatus {

        /**
         * Constructs a new TrainingStatus.
         * @param [properties] Properties to set
         */
        constructor(properties?: realtime.TrainingStatus.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** TrainingStatus jobId. */
        jobId: string;

        /** TrainingStatus state. */
        state: string;

        /** TrainingStatus progress. */
        progress: number;

        /** TrainingStatus message. */
        message: string;

        /**
         * Encodes the specified TrainingStatus message. Does not implicitly {@link realtime.TrainingStatus.verify|verify} messages.
         * @param message TrainingStatus message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: realtime.TrainingStatus.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a TrainingStatus message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {realtime.TrainingStatus & realtime.TrainingStatus.$Shape} TrainingStatus
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): realtime.TrainingStatus & realtime.TrainingStatus.$Shape;
    }

    namespace TrainingStatus {

        /** Properties of a TrainingStatus. */
        interface $Properties {

            /** TrainingStatus jobId */
            jobId?: (string|null);

            /** TrainingStatus state */
            state?: (string|null);

            /** TrainingStatus progress */
            progress?: (number|null);

            /** TrainingStatus message */
            message?: (string|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a TrainingStatus. */
        type $Shape = realtime.TrainingStatus.$Properties;
    }

    /**
     * Properties of a DatasetStatus.
     * @deprecated Use realtime.DatasetStatus.$Properties instead.
     */
    interface IDatasetStatus extends realtime.DatasetStatus.$Properties {
    }

    /** Represents a DatasetStatus. */
    class DatasetStatus {

        /**
         * Constructs a new DatasetStatus.
         * @param [properties] Properties to set
         */
        constructor(properties?: realtime.DatasetStatus.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** DatasetStatus jobId. */
        jobId: string;

        /** DatasetStatus state. */
        state: string;

        /** DatasetStatus progress. */
        progress: number;

        /** DatasetStatus message. */
        message: string;

        /**
         * Encodes the specified DatasetStatus message. Does not implicitly {@link realtime.DatasetStatus.verify|verify} messages.
         * @param message DatasetStatus message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: realtime.DatasetStatus.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a DatasetStatus message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {realtime.DatasetStatus & realtime.DatasetStatus.$Shape} DatasetStatus
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): realtime.DatasetStatus & realtime.DatasetStatus.$Shape;
    }

    namespace DatasetStatus {

        /** Properties of a DatasetStatus. */
        interface $Properties {

            /** DatasetStatus jobId */
            jobId?: (string|null);

            /** DatasetStatus state */
            state?: (string|null);

            /** DatasetStatus progress */
            progress?: (number|null);

            /** DatasetStatus message */
            message?: (string|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a DatasetStatus. */
        type $Shape = realtime.DatasetStatus.$Properties;
    }

    /** Kind enum. */
    enum Kind {

        /** UNKNOWN value */
        UNKNOWN = 0,

        /** SANDWICH value */
        SANDWICH = 1,

        /** WIDE_SANDWICH value */
        WIDE_SANDWICH = 2,

        /** ARBITRAGE value */
        ARBITRAGE = 3,

        /** OPEN_SANDWICH value */
        OPEN_SANDWICH = 4,

        /** OPEN_ARBITRAGE value */
        OPEN_ARBITRAGE = 5
    }

    /** Module enum. */
    enum Module {

        /** MODULE_NONE value */
        MODULE_NONE = 0,

        /** MODULE_ARBITRAGE value */
        MODULE_ARBITRAGE = 1,

        /** MODULE_MEV value */
        MODULE_MEV = 2
    }

    /**
     * Properties of an Envelope.
     * @deprecated Use realtime.Envelope.$Properties instead.
     */
    interface IEnvelope extends realtime.Envelope.$Properties {
    }

    /** Represents an Envelope. */
    class Envelope {

        /**
         * Constructs a new Envelope.
         * @param [properties] Properties to set
         */
        constructor(properties?: realtime.Envelope.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Envelope schemaVersion. */
        schemaVersion: string;

        /** Envelope type. */
        type: realtime.Envelope.Type;

        /** Envelope decisionId. */
        decisionId: Uint8Array;

        /** Envelope producerId. */
        producerId: string;

        /** Envelope seq. */
        seq: Long;

        /** Envelope eventNs. */
        eventNs: Long;

        /** Envelope kind. */
        kind: realtime.Kind;

        /** Envelope tier. */
        tier: realtime.Envelope.Tier;

        /** Envelope module. */
        module: realtime.Module;

        /** Envelope arb. */
        arb?: (realtime.ArbOpportunity.$Properties|null);

        /** Envelope mev. */
        mev?: (realtime.MevOpportunity.$Properties|null);

        /** Envelope outcome. */
        outcome?: (realtime.BundleOutcome.$Properties|null);

        /** Envelope metrics. */
        metrics?: (realtime.MetricsUpdate.$Properties|null);

        /** Envelope training. */
        training?: (realtime.TrainingStatus.$Properties|null);

        /** Envelope dataset. */
        dataset?: (realtime.DatasetStatus.$Properties|null);

        /** Envelope payload. */
        payload?: ("arb"|"mev"|"outcome"|"metrics"|"training"|"dataset");

        /**
         * Encodes the specified Envelope message. Does not implicitly {@link realtime.Envelope.verify|verify} messages.
         * @param message Envelope message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: realtime.Envelope.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes an Envelope message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {realtime.Envelope & realtime.Envelope.$Shape} Envelope
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): realtime.Envelope & realtime.Envelope.$Shape;
    }

    namespace Envelope {

        /** Properties of an Envelope. */
        interface $Properties {

            /** Envelope schemaVersion */
            schemaVersion?: (string|null);

            /** Envelope type */
            type?: (realtime.Envelope.Type|null);

            /** Envelope decisionId */
            decisionId?: (Uint8Array|null);

            /** Envelope producerId */
            producerId?: (string|null);

            /** Envelope seq */
            seq?: (Long|null);

            /** Envelope eventNs */
            eventNs?: (Long|null);

            /** Envelope kind */
            kind?: (realtime.Kind|null);

            /** Envelope tier */
            tier?: (realtime.Envelope.Tier|null);

            /** Envelope module */
            module?: (realtime.Module|null);

            /** Envelope arb */
            arb?: (realtime.ArbOpportunity.$Properties|null);

            /** Envelope mev */
            mev?: (realtime.MevOpportunity.$Properties|null);

            /** Envelope outcome */
            outcome?: (realtime.BundleOutcome.$Properties|null);

            /** Envelope metrics */
            metrics?: (realtime.MetricsUpdate.$Properties|null);

            /** Envelope training */
            training?: (realtime.TrainingStatus.$Properties|null);

            /** Envelope dataset */
            dataset?: (realtime.DatasetStatus.$Properties|null);

            /** Envelope payload */
            payload?: ("arb"|"mev"|"outcome"|"metrics"|"training"|"dataset");

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Narrowed shape of an Envelope. */
        type $Shape = {
          schemaVersion?: string|null;
          type?: realtime.Envelope.Type|null;
          decisionId?: Uint8Array|null;
          producerId?: string|null;
          seq?: Long|null;
          eventNs?: Long|null;
          kind?: realtime.Kind|null;
          tier?: realtime.Envelope.Tier|null;
          module?: realtime.Module|null;
          arb?: realtime.ArbOpportunity.$Shape|null;
          mev?: realtime.MevOpportunity.$Shape|null;
          outcome?: realtime.BundleOutcome.$Shape|null;
          metrics?: realtime.MetricsUpdate.$Shape|null;
          training?: realtime.TrainingStatus.$Shape|null;
          dataset?: realtime.DatasetStatus.$Shape|null;
          $unknowns?: Uint8Array[];
        } & (
          ({ payload?: undefined; arb?: null; mev?: null; outcome?: null; metrics?: null; training?: null; dataset?: null }|{ payload?: "arb"; arb: realtime.ArbOpportunity.$Shape; mev?: null; outcome?: null; metrics?: null; training?: null; dataset?: null }|{ payload?: "mev"; arb?: null; mev: realtime.MevOpportunity.$Shape; outcome?: null; metrics?: null; training?: null; dataset?: null }|{ payload?: "outcome"; arb?: null; mev?: null; outcome: realtime.BundleOutcome.$Shape; metrics?: null; training?: null; dataset?: null }|{ payload?: "metrics"; arb?: null; mev?: null; outcome?: null; metrics: realtime.MetricsUpdate.$Shape; training?: null; dataset?: null }|{ payload?: "training"; arb?: null; mev?: null; outcome?: null; metrics?: null; training: realtime.TrainingStatus.$Shape; dataset?: null }|{ payload?: "dataset"; arb?: null; mev?: null; outcome?: null; metrics?: null; training?: null; dataset: realtime.DatasetStatus.$Shape })
        );

        /** Type enum. */
        enum Type {

            /** UNKNOWN value */
            UNKNOWN = 0,

            /** ARB value */
            ARB = 1,

            /** MEV value */
            MEV = 2,

            /** OUTCOME value */
            OUTCOME = 3,

            /** METRICS value */
            METRICS = 4,

            /** TRAINING value */
            TRAINING = 5,

            /** DATASET value */
            DATASET = 6
        }

        /** Tier enum. */
        enum Tier {

            /** NONE value */
            NONE = 0,

            /** A value */
            A = 1,

            /** B value */
            B = 2,

            /** C value */
            C = 3
        }
    }

    /**
     * Properties of a Batch.
     * @deprecated Use realtime.Batch.$Properties instead.
     */
    interface IBatch extends realtime.Batch.$Properties {
    }

    /** Represents a Batch. */
    class Batch {

        /**
         * Constructs a new Batch.
         * @param [properties] Properties to set
         */
        constructor(properties?: realtime.Batch.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Batch items. */
        items: realtime.Envelope.$Properties[];

        /** Batch epoch. */
        epoch: Long;

        /** Batch from. */
        from: Long;

        /** Batch to. */
        to: Long;

        /** Batch dropped. */
        dropped: Long;

        /**
         * Encodes the specified Batch message. Does not implicitly {@link realtime.Batch.verify|verify} messages.
         * @param message Batch message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: realtime.Batch.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Batch message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {realtime.Batch & realtime.Batch.$Shape} Batch
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): realtime.Batch & realtime.Batch.$Shape;
    }

    namespace Batch {

        /** Properties of a Batch. */
        interface $Properties {

            /** Batch items */
            items?: (realtime.Envelope.$Properties[]|null);

            /** Batch epoch */
            epoch?: (Long|null);

            /** Batch from */
            from?: (Long|null);

            /** Batch to */
            to?: (Long|null);

            /** Batch dropped */
            dropped?: (Long|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Batch. */
        type $Shape = {
          items?: realtime.Envelope.$Shape[]|null;
          epoch?: Long|null;
          from?: Long|null;
          to?: Long|null;
          dropped?: Long|null;
          $unknowns?: Uint8Array[];
        };
    }
}

/** Namespace control. */
export namespace control {

    /** Module enum. */
    enum Module {

        /** ARBITRAGE value */
        ARBITRAGE = 0,

        /** MEV value */
        MEV = 1
    }

    /** Action enum. */
    enum Action {

        /** START value */
        START = 0,

        /** STOP value */
        STOP = 1,

        /** RESTART value */
        RESTART = 2,

        /** THROTTLE value */
        THROTTLE = 3,

        /** POLICY value */
        POLICY = 4,

        /** KILL value */
        KILL = 5
    }

    /**
     * Properties of a Command.
     * @deprecated Use control.Command.$Properties instead.
     */
    interface ICommand extends control.Command.$Properties {
    }

    /** Represents a Command. */
    class Command {

        /**
         * Constructs a new Command.
         * @param [properties] Properties to set
         */
        constructor(properties?: control.Command.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Command ts. */
        ts: Long;

        /** Command module. */
        module: control.Module;

        /** Command action. */
        action: control.Action;

        /** Command args. */
        args: { [k: string]: string };

        /** Command requestId. */
        requestId: string;

        /** Command issuer. */
        issuer: string;

        /** Command schemaVersion. */
        schemaVersion: string;

        /** Command role. */
        role: string;

        /** Command sender. */
        sender: string;

        /**
         * Encodes the specified Command message. Does not implicitly {@link control.Command.verify|verify} messages.
         * @param message Command message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: control.Command.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Command message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {control.Command & control.Command.$Shape} Command
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): control.Command & control.Command.$Shape;
    }

    namespace Command {

        /** Properties of a Command. */
        interface $Properties {

            /** Command ts */
            ts?: (Long|null);

            /** Command module */
            module?: (control.Module|null);

            /** Command action */
            action?: (control.Action|null);

            /** Command args */
            args?: ({ [k: string]: string }|null);

            /** Command requestId */
            requestId?: (string|null);

            /** Command issuer */
            issuer?: (string|null);

            /** Command schemaVersion */
            schemaVersion?: (string|null);

            /** Command role */
            role?: (string|null);

            /** Command sender */
            sender?: (string|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Command. */
        type $Shape = control.Command.$Properties;
    }
}

/** Namespace jobs. */
export namespace jobs {

    /** JobKind enum. */
    enum JobKind {

        /** JOB_UNKNOWN value */
        JOB_UNKNOWN = 0,

        /** SCRAPE value */
        SCRAPE = 1,

        /** TRAIN value */
        TRAIN = 2
    }

    /** JobState enum. */
    enum JobState {

        /** QUEUED value */
        QUEUED = 0,

        /** RUNNING value */
        RUNNING = 1,

        /** DONE value */
        DONE = 2,

        /** ERROR value */
        ERROR = 3,

        /** CANCELLED value */
        CANCELLED = 4
    }

    /**
     * Properties of a JobDescriptor.
     * @deprecated Use jobs.JobDescriptor.$Properties instead.
     */
    interface IJobDescriptor extends jobs.JobDescriptor.$Properties {
    }

    /** Represents a JobDescriptor. */
    class JobDescriptor {

        /**
         * Constructs a new JobDescriptor.
         * @param [properties] Properties to set
         */
        constructor(properties?: jobs.JobDescriptor.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** JobDescriptor schemaVersion. */
        schemaVersion: string;

        /** JobDescriptor jobId. */
        jobId: string;

        /** JobDescriptor kind. */
        kind: jobs.JobKind;

        /** JobDescriptor argsJson. */
        argsJson: string;

        /** JobDescriptor createdMs. */
        createdMs: Long;

        /** JobDescriptor issuer. */
        issuer: string;

        /** JobDescriptor uniqueKey. */
        uniqueKey: string;

        /** JobDescriptor attemptsMax. */
        attemptsMax: number;

        /**
         * Encodes the specified JobDescriptor message. Does not implicitly {@link jobs.JobDescriptor.verify|verify} messages.
         * @param message JobDescriptor message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: jobs.JobDescriptor.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a JobDescriptor message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {jobs.JobDescriptor & jobs.JobDescriptor.$Shape} JobDescriptor
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): jobs.JobDescriptor & jobs.JobDescriptor.$Shape;
    }

    namespace JobDescriptor {

        /** Properties of a JobDescriptor. */
        interface $Properties {

            /** JobDescriptor schemaVersion */
            schemaVersion?: (string|null);

            /** JobDescriptor jobId */
            jobId?: (string|null);

            /** JobDescriptor kind */
            kind?: (jobs.JobKind|null);

            /** JobDescriptor argsJson */
            argsJson?: (string|null);

            /** JobDescriptor createdMs */
            createdMs?: (Long|null);

            /** JobDescriptor issuer */
            issuer?: (string|null);

            /** JobDescriptor uniqueKey */
            uniqueKey?: (string|null);

            /** JobDescriptor attemptsMax */
            attemptsMax?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a JobDescriptor. */
        type $Shape = jobs.JobDescriptor.$Properties;
    }

    /**
     * Properties of a JobStatus.
     * @deprecated Use jobs.JobStatus.$Properties instead.
     */
    interface IJobStatus extends jobs.JobStatus.$Properties {
    }

    /** Represents a JobStatus. */
    class JobStatus {

        /**
         * Constructs a new JobStatus.
         * @param [properties] Properties to set
         */
        constructor(properties?: jobs.JobStatus.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** JobStatus jobId. */
        jobId: string;

        /** JobStatus state. */
        state: jobs.JobState;

        /** JobStatus progress. */
        progress: number;

        /** JobStatus message. */
        message: string;

        /** JobStatus fencingToken. */
        fencingToken: Long;

        /** JobStatus atMs. */
        atMs: Long;

        /** JobStatus worker. */
        worker: string;

        /** JobStatus resultJson. */
        resultJson: string;

        /** JobStatus final. */
        final: boolean;

        /**
         * Encodes the specified JobStatus message. Does not implicitly {@link jobs.JobStatus.verify|verify} messages.
         * @param message JobStatus message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: jobs.JobStatus.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a JobStatus message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {jobs.JobStatus & jobs.JobStatus.$Shape} JobStatus
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): jobs.JobStatus & jobs.JobStatus.$Shape;
    }

    namespace JobStatus {

        /** Properties of a JobStatus. */
        interface $Properties {

            /** JobStatus jobId */
            jobId?: (string|null);

            /** JobStatus state */
            state?: (jobs.JobState|null);

            /** JobStatus progress */
            progress?: (number|null);

            /** JobStatus message */
            message?: (string|null);

            /** JobStatus fencingToken */
            fencingToken?: (Long|null);

            /** JobStatus atMs */
            atMs?: (Long|null);

            /** JobStatus worker */
            worker?: (string|null);

            /** JobStatus resultJson */
            resultJson?: (string|null);

            /** JobStatus final */
            final?: (boolean|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a JobStatus. */
        type $Shape = jobs.JobStatus.$Properties;
    }

    /**
     * Properties of a Receipt.
     * @deprecated Use jobs.Receipt.$Properties instead.
     */
    interface IReceipt extends jobs.Receipt.$Properties {
    }

    /** Represents a Receipt. */
    class Receipt {

        /**
         * Constructs a new Receipt.
         * @param [properties] Properties to set
         */
        constructor(properties?: jobs.Receipt.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Receipt schemaVersion. */
        schemaVersion: string;

        /** Receipt requestId. */
        requestId: string;

        /** Receipt instance. */
        instance: string;

        /** Receipt module. */
        module: string;

        /** Receipt applied. */
        applied: boolean;

        /** Receipt reason. */
        reason: string;

        /** Receipt sequence. */
        sequence: Long;

        /** Receipt policyHash. */
        policyHash: Uint8Array;

        /** Receipt appliedNs. */
        appliedNs: Long;

        /** Receipt firstEventNs. */
        firstEventNs: Long;

        /** Receipt signature. */
        signature: Uint8Array;

        /** Receipt certificate. */
        certificate: string;

        /**
         * Encodes the specified Receipt message. Does not implicitly {@link jobs.Receipt.verify|verify} messages.
         * @param message Receipt message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: jobs.Receipt.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Receipt message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {jobs.Receipt & jobs.Receipt.$Shape} Receipt
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): jobs.Receipt & jobs.Receipt.$Shape;
    }

    namespace Receipt {

        /** Properties of a Receipt. */
        interface $Properties {

            /** Receipt schemaVersion */
            schemaVersion?: (string|null);

            /** Receipt requestId */
            requestId?: (string|null);

            /** Receipt instance */
            instance?: (string|null);

            /** Receipt module */
            module?: (string|null);

            /** Receipt applied */
            applied?: (boolean|null);

            /** Receipt reason */
            reason?: (string|null);

            /** Receipt sequence */
            sequence?: (Long|null);

            /** Receipt policyHash */
            policyHash?: (Uint8Array|null);

            /** Receipt appliedNs */
            appliedNs?: (Long|null);

            /** Receipt firstEventNs */
            firstEventNs?: (Long|null);

            /** Receipt signature */
            signature?: (Uint8Array|null);

            /** Receipt certificate */
            certificate?: (string|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Receipt. */
        type $Shape = jobs.Receipt.$Properties;
    }

    /**
     * Properties of an AgentReport.
     * @deprecated Use jobs.AgentReport.$Properties instead.
     */
    interface IAgentReport extends jobs.AgentReport.$Properties {
    }

    /** Represents an AgentReport. */
    class AgentReport {

        /**
         * Constructs a new AgentReport.
         * @param [properties] Properties to set
         */
        constructor(properties?: jobs.AgentReport.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** AgentReport instance. */
        instance: string;

        /** AgentReport module. */
        module: string;

        /** AgentReport atNs. */
        atNs: Long;

        /** AgentReport statusJson. */
        statusJson: Uint8Array;

        /** AgentReport signature. */
        signature: Uint8Array;

        /** AgentReport certificate. */
        certificate: string;

        /**
         * Encodes the specified AgentReport message. Does not implicitly {@link jobs.AgentReport.verify|verify} messages.
         * @param message AgentReport message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: jobs.AgentReport.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes an AgentReport message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {jobs.AgentReport & jobs.AgentReport.$Shape} AgentReport
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): jobs.AgentReport & jobs.AgentReport.$Shape;
    }

    namespace AgentReport {

        /** Properties of an AgentReport. */
        interface $Properties {

            /** AgentReport instance */
            instance?: (string|null);

            /** AgentReport module */
            module?: (string|null);

            /** AgentReport atNs */
            atNs?: (Long|null);

            /** AgentReport statusJson */
            statusJson?: (Uint8Array|null);

            /** AgentReport signature */
            signature?: (Uint8Array|null);

            /** AgentReport certificate */
            certificate?: (string|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of an AgentReport. */
        type $Shape = jobs.AgentReport.$Properties;
    }

    /**
     * Properties of an AuditHead.
     * @deprecated Use jobs.AuditHead.$Properties instead.
     */
    interface IAuditHead extends jobs.AuditHead.$Properties {
    }

    /** Represents an AuditHead. */
    class AuditHead {

        /**
         * Constructs a new AuditHead.
         * @param [properties] Properties to set
         */
        constructor(properties?: jobs.AuditHead.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** AuditHead node. */
        node: string;

        /** AuditHead seq. */
        seq: Long;

        /** AuditHead hash. */
        hash: Uint8Array;

        /** AuditHead atMs. */
        atMs: Long;

        /** AuditHead first. */
        first: Long;

        /** AuditHead count. */
        count: Long;

        /** AuditHead previous. */
        previous: Uint8Array;

        /** AuditHead key. */
        key: Uint8Array;

        /** AuditHead signature. */
        signature: Uint8Array;

        /**
         * Encodes the specified AuditHead message. Does not implicitly {@link jobs.AuditHead.verify|verify} messages.
         * @param message AuditHead message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: jobs.AuditHead.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes an AuditHead message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {jobs.AuditHead & jobs.AuditHead.$Shape} AuditHead
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): jobs.AuditHead & jobs.AuditHead.$Shape;
    }

    namespace AuditHead {

        /** Properties of an AuditHead. */
        interface $Properties {

            /** AuditHead node */
            node?: (string|null);

            /** AuditHead seq */
            seq?: (Long|null);

            /** AuditHead hash */
            hash?: (Uint8Array|null);

            /** AuditHead atMs */
            atMs?: (Long|null);

            /** AuditHead first */
            first?: (Long|null);

            /** AuditHead count */
            count?: (Long|null);

            /** AuditHead previous */
            previous?: (Uint8Array|null);

            /** AuditHead key */
            key?: (Uint8Array|null);

            /** AuditHead signature */
            signature?: (Uint8Array|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of an AuditHead. */
        type $Shape = jobs.AuditHead.$Properties;
    }

    /**
     * Properties of a ModelEvent.
     * @deprecated Use jobs.ModelEvent.$Properties instead.
     */
    interface IModelEvent extends jobs.ModelEvent.$Properties {
    }

    /** Represents a ModelEvent. */
    class ModelEvent {

        /**
         * Constructs a new ModelEvent.
         * @param [properties] Properties to set
         */
        constructor(properties?: jobs.ModelEvent.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** ModelEvent module. */
        module: string;

        /** ModelEvent version. */
        version: string;

        /** ModelEvent state. */
        state: string;

        /** ModelEvent reason. */
        reason: string;

        /** ModelEvent instance. */
        instance: string;

        /** ModelEvent atNs. */
        atNs: Long;

        /**
         * Encodes the specified ModelEvent message. Does not implicitly {@link jobs.ModelEvent.verify|verify} messages.
         * @param message ModelEvent message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: jobs.ModelEvent.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a ModelEvent message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {jobs.ModelEvent & jobs.ModelEvent.$Shape} ModelEvent
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): jobs.ModelEvent & jobs.ModelEvent.$Shape;
    }

    namespace ModelEvent {

        /** Properties of a ModelEvent. */
        interface $Properties {

            /** ModelEvent module */
            module?: (string|null);

            /** ModelEvent version */
            version?: (string|null);

            /** ModelEvent state */
            state?: (string|null);

            /** ModelEvent reason */
            reason?: (string|null);

            /** ModelEvent instance */
            instance?: (string|null);

            /** ModelEvent atNs */
            atNs?: (Long|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a ModelEvent. */
        type $Shape = jobs.ModelEvent.$Properties;
    }

    /**
     * Properties of a ModelPart.
     * @deprecated Use jobs.ModelPart.$Properties instead.
     */
    interface IModelPart extends jobs.ModelPart.$Properties {
    }

    /** Represents a ModelPart. */
    class ModelPart {

        /**
         * Constructs a new ModelPart.
         * @param [properties] Properties to set
         */
        constructor(properties?: jobs.ModelPart.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** ModelPart module. */
        module: string;

        /** ModelPart version. */
        version: string;

        /** ModelPart part. */
        part: number;

        /** ModelPart parts. */
        parts: number;

        /** ModelPart data. */
        data: Uint8Array;

        /** ModelPart manifest. */
        manifest: string;

        /** ModelPart signature. */
        signature: string;

        /**
         * Encodes the specified ModelPart message. Does not implicitly {@link jobs.ModelPart.verify|verify} messages.
         * @param message ModelPart message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: jobs.ModelPart.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a ModelPart message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {jobs.ModelPart & jobs.ModelPart.$Shape} ModelPart
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): jobs.ModelPart & jobs.ModelPart.$Shape;
    }

    namespace ModelPart {

        /** Properties of a ModelPart. */
        interface $Properties {

            /** ModelPart module */
            module?: (string|null);

            /** ModelPart version */
            version?: (string|null);

            /** ModelPart part */
            part?: (number|null);

            /** ModelPart parts */
            parts?: (number|null);

            /** ModelPart data */
            data?: (Uint8Array|null);

            /** ModelPart manifest */
            manifest?: (string|null);

            /** ModelPart signature */
            signature?: (string|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a ModelPart. */
        type $Shape = jobs.ModelPart.$Properties;
    }

    /**
     * Properties of a ModelWish.
     * @deprecated Use jobs.ModelWish.$Properties instead.
     */
    interface IModelWish extends jobs.ModelWish.$Properties {
    }

    /** Represents a ModelWish. */
    class ModelWish {

        /**
         * Constructs a new ModelWish.
         * @param [properties] Properties to set
         */
        constructor(properties?: jobs.ModelWish.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** ModelWish module. */
        module: string;

        /** ModelWish link. */
        link: string;

        /** ModelWish version. */
        version: string;

        /** ModelWish requestId. */
        requestId: string;

        /** ModelWish atMs. */
        atMs: Long;

        /** ModelWish signature. */
        signature: string;

        /**
         * Encodes the specified ModelWish message. Does not implicitly {@link jobs.ModelWish.verify|verify} messages.
         * @param message ModelWish message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: jobs.ModelWish.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a ModelWish message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {jobs.ModelWish & jobs.ModelWish.$Shape} ModelWish
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): jobs.ModelWish & jobs.ModelWish.$Shape;
    }

    namespace ModelWish {

        /** Properties of a ModelWish. */
        interface $Properties {

            /** ModelWish module */
            module?: (string|null);

            /** ModelWish link */
            link?: (string|null);

            /** ModelWish version */
            version?: (string|null);

            /** ModelWish requestId */
            requestId?: (string|null);

            /** ModelWish atMs */
            atMs?: (Long|null);

            /** ModelWish signature */
            signature?: (string|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a ModelWish. */
        type $Shape = jobs.ModelWish.$Properties;
    }

    /**
     * Properties of a ModelNews.
     * @deprecated Use jobs.ModelNews.$Properties instead.
     */
    interface IModelNews extends jobs.ModelNews.$Properties {
    }

    /** Represents a ModelNews. */
    class ModelNews {

        /**
         * Constructs a new ModelNews.
         * @param [properties] Properties to set
         */
        constructor(properties?: jobs.ModelNews.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** ModelNews part. */
        part?: (jobs.ModelPart.$Properties|null);

        /** ModelNews wish. */
        wish?: (jobs.ModelWish.$Properties|null);

        /** ModelNews news. */
        news?: ("part"|"wish");

        /**
         * Encodes the specified ModelNews message. Does not implicitly {@link jobs.ModelNews.verify|verify} messages.
         * @param message ModelNews message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: jobs.ModelNews.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a ModelNews message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {jobs.ModelNews & jobs.ModelNews.$Shape} ModelNews
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): jobs.ModelNews & jobs.ModelNews.$Shape;
    }

    namespace ModelNews {

        /** Properties of a ModelNews. */
        interface $Properties {

            /** ModelNews part */
            part?: (jobs.ModelPart.$Properties|null);

            /** ModelNews wish */
            wish?: (jobs.ModelWish.$Properties|null);

            /** ModelNews news */
            news?: ("part"|"wish");

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Narrowed shape of a ModelNews. */
        type $Shape = {
          part?: jobs.ModelPart.$Shape|null;
          wish?: jobs.ModelWish.$Shape|null;
          $unknowns?: Uint8Array[];
        } & (
          ({ news?: undefined; part?: null; wish?: null }|{ news?: "part"; part: jobs.ModelPart.$Shape; wish?: null }|{ news?: "wish"; part?: null; wish: jobs.ModelWish.$Shape })
        );
    }

    /**
     * Properties of a ControlState.
     * @deprecated Use jobs.ControlState.$Properties instead.
     */
    interface IControlState extends jobs.ControlState.$Properties {
    }

    /** Represents a ControlState. */
    class ControlState {

        /**
         * Constructs a new ControlState.
         * @param [properties] Properties to set
         */
        constructor(properties?: jobs.ControlState.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** ControlState module. */
        module: string;

        /** ControlState running. */
        running: boolean;

        /** ControlState killed. */
        killed: boolean;

        /** ControlState throttlePct. */
        throttlePct: number;

        /** ControlState evMinSol. */
        evMinSol: number;

        /** ControlState tipLadder. */
        tipLadder: number[];

        /** ControlState scoreMin. */
        scoreMin: number;

        /** ControlState sequence. */
        sequence: Long;

        /** ControlState requestId. */
        requestId: string;

        /** ControlState killSequence. */
        killSequence: Long;

        /** ControlState poolsDeny. */
        poolsDeny: string[];

        /** ControlState mintsAllow. */
        mintsAllow: string[];

        /** ControlState mintsDeny. */
        mintsDeny: string[];

        /** ControlState liquidityMinSol. */
        liquidityMinSol: number;

        /** ControlState mintRefuse. */
        mintRefuse: string[];

        /** ControlState passUnknown. */
        passUnknown: boolean;

        /**
         * Encodes the specified ControlState message. Does not implicitly {@link jobs.ControlState.verify|verify} messages.
         * @param message ControlState message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: jobs.ControlState.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a ControlState message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {jobs.ControlState & jobs.ControlState.$Shape} ControlState
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): jobs.ControlState & jobs.ControlState.$Shape;
    }

    namespace ControlState {

        /** Properties of a ControlState. */
        interface $Properties {

            /** ControlState module */
            module?: (string|null);

            /** ControlState running */
            running?: (boolean|null);

            /** ControlState killed */
            killed?: (boolean|null);

            /** ControlState throttlePct */
            throttlePct?: (number|null);

            /** ControlState evMinSol */
            evMinSol?: (number|null);

            /** ControlState tipLadder */
            tipLadder?: (number[]|null);

            /** ControlState scoreMin */
            scoreMin?: (number|null);

            /** ControlState sequence */
            sequence?: (Long|null);

            /** ControlState requestId */
            requestId?: (string|null);

            /** ControlState killSequence */
            killSequence?: (Long|null);

            /** ControlState poolsDeny */
            poolsDeny?: (string[]|null);

            /** ControlState mintsAllow */
            mintsAllow?: (string[]|null);

            /** ControlState mintsDeny */
            mintsDeny?: (string[]|null);

            /** ControlState liquidityMinSol */
            liquidityMinSol?: (number|null);

            /** ControlState mintRefuse */
            mintRefuse?: (string[]|null);

            /** ControlState passUnknown */
            passUnknown?: (boolean|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a ControlState. */
        type $Shape = jobs.ControlState.$Properties;
    }
}
